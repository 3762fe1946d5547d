"""Writes ../testdata/chat_prompts.txt: what real chat templates make of one turn of a user, by Jinja.

  python3 chat_prompts.py FOLDER_OF_TEMPLATES   (Debian's python3-jinja2)

A line for each template and way of thinking: file, usual|on|off, and the text from the user's turn on, \\n for
line breaks; system prompts that templates add by themselves are cut away. Templates of unknown formats have
no line.
"""
import os
import re
import sys

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

USER = '  UU  '
STARTS = re.compile(r'((\[gMASK\]<sop>)?<\|user\|>\n?|<\|im_start\|>user\n|<\|start_header_id\|>user<\|end_header_id\|>\n\n'
                    r'|\[INST\]|<\|start\|>system.*|<｜User｜>|<\|start_of_role\|>user<\|end_of_role\|>'
                    r'|<start_of_turn>user\n|<\|im_user\|>user<\|im_middle\|>)$', re.S)


def fail(message):
    raise ValueError(message)


def render(text, **settings):
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                        extensions=['jinja2.ext.loopcontrols'])
    env.globals.update(raise_exception=fail, strftime_now=lambda form: 'TODAY')
    return env.from_string(text).render(messages=[{'role': 'user', 'content': USER}], add_generation_prompt=True,
                                        bos_token='', eos_token='</s>', **settings)


def turn_of(prompt):
    at = prompt.rfind('UU')
    at = len(prompt[:at].rstrip(' '))
    start = STARTS.search(prompt[:at])
    return prompt[start.start():].replace('Current date: TODAY\n', '') if start else None


def main():
    lines = [f'# jinja2 {jinja2.__version__}']
    for name in sorted(os.listdir(sys.argv[1])):
        if not name.endswith('.jinja'):
            continue
        with open(os.path.join(sys.argv[1], name), encoding='utf8') as file:
            text = file.read()
        try:
            turns = {way: turn_of(render(text, enable_thinking=way == 'on', thinking=way == 'on'))
                     for way in ('off', 'on')}
        except (ValueError, jinja2.exceptions.UndefinedError):
            continue
        if not turns['off']:
            continue
        for way, turn in turns.items():
            lines.append('\t'.join([name, way, turn.replace('\n', '\\n')]))
    path = os.path.join(os.path.dirname(__file__), '..', 'testdata', 'chat_prompts.txt')
    with open(path, 'w', encoding='utf8') as file:
        file.write('\n'.join(lines) + '\n')


main()
