"""The tasks the demo model learns: every example is generated, and a program can grade its answer exactly.

    example = draw(rng, Split.TRAIN)     # any domain, by weight
    example = draw(rng, Split.HELD_OUT, "sorting")

A hash of each example's keys (its prompt, or its pairs of summands) decides for ever whether it is held out, so that no
item of items.jsonl can be generated while training.
"""
import enum
import hashlib
from dataclasses import dataclass, field

from stories import draw_cast, english_story, korean_story
from words import (ANIMALS, COLORS, DICTIONARY, FACTS, FOODS, NAMES, PLACES, particle)


class Split(enum.Enum):
    TRAIN = 0
    HELD_OUT = 1


@dataclass
class Example:
    prompt: str                 # user text; "" for plain running text
    answer: str
    kind: str = "exact"         # grader: exact, numeric, set, pattern
    expected: list = field(default_factory=list)
    pattern: str = ""
    keys: list = field(default_factory=list)  # what decides the split; the prompt unless given
    tier: int = 1
    always_trained: bool = False

    def __post_init__(self):
        self.keys = self.keys or [self.prompt or self.answer]
        if self.kind != "pattern" and not self.expected:
            self.expected = [self.answer]

    @property
    def split(self):
        """Held out if one key is: a tenth of all keys."""
        if self.always_trained:
            return Split.TRAIN
        held_out = any(hashlib.sha256(key.encode()).digest()[0] < 26 for key in self.keys)
        return Split.HELD_OUT if held_out else Split.TRAIN


WORDS = [*ANIMALS, *COLORS, *FOODS, *PLACES]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
OPEN, CLOSE = "([{", {"(": ")", "[": "]", "{": "}"}
COUNTERS = ["한", "두", "세", "네", "다섯", "여섯"]


def written_addition(r, low, high, tier):
    """The sum, worked out column by column with the carry, as at school."""
    a, b = r.randint(low, high), r.randint(low, high)
    steps, carry = [], 0
    for x, y in zip(reversed(str(a)), reversed(str(b))):
        total = int(x) + int(y) + carry
        steps.append(f"{x}+{y}+{carry}={total}")
        carry = total // 10
    form = r.choice(["Add {} and {} step by step.", "What is {} + {}? Show the steps."])
    return Example(form.format(a, b), f"{', '.join(steps)}. Total: {a + b}", "pattern",
                   pattern=rf"Total: {a + b}\.?\s*$", keys=[f"{a}+{b}"], tier=tier)


def addition(r):
    return written_addition(r, 10, 99, tier=1)


def long_addition(r):
    return written_addition(r, 100, 999, tier=2)


def reversing(r):
    items = r.sample(r.choice([LETTERS, WORDS]), r.randint(2, 7))
    form = r.choice(["Reverse: {}", "Write these in reverse order: {}", "Say backwards: {}"])
    return Example(form.format(" ".join(items)), " ".join(reversed(items)), tier=1 + (len(items) > 4))


def sorting(r):
    items = r.sample(r.choice([LETTERS, "0123456789"]), r.randint(2, 6))
    down = r.random() < 0.3
    form = r.choice(["Sort in falling order: {}", "Sort backwards: {}"] if down
                    else ["Sort: {}", "Put these in order: {}", "Sort in rising order: {}"])
    return Example(form.format(" ".join(items)), " ".join(sorted(items, reverse=down)), tier=1 + (len(items) > 3))


def choosing(r):
    kind, group = r.choice([("animals", ANIMALS), ("colors", COLORS), ("foods", FOODS), ("places", PLACES)])
    wanted = r.sample(list(group), r.randint(1, 4))
    items = wanted + r.sample([w for w in WORDS if w not in group], r.randint(1, 4))
    r.shuffle(items)
    found = [w for w in items if w in wanted]
    if r.random() < 0.25:
        return Example(f"How many {kind} are in this list: {', '.join(items)}", str(len(found)), "numeric", tier=2)
    form = r.choice(["Which of these are {}? {}", "List only the {}: {}", "Find the {} in this list: {}"])
    return Example(form.format(kind, ", ".join(items)), ", ".join(found), "set")


def recall(r):
    """One to three questions about a list; more of them teach more per token."""
    n = r.randint(2, 8)
    orders = [f"{name} {food}" for name, food in zip(r.sample(list(NAMES), n), r.sample(list(FOODS), n))]
    asked = r.sample(orders, min(n, r.choice([1, 1, 2, 3])))
    names = " and ".join(order.split()[0] for order in asked)
    return Example(f"Orders: {', '.join(orders)}. What did {names} order?", f"Order: {', '.join(asked)}",
                   tier=1 + (n > 4 or len(asked) > 1))


def facts(r):
    animal = r.choice(list(ANIMALS))
    color, food, place = FACTS[animal]
    forms = {
        "color": ([f"What color is the {animal}?", f"Tell me the color of the {animal}.", f"Which color does the {animal} have?"],
                  f"The {animal} is {color}."),
        "food": ([f"What does the {animal} eat?", f"Tell me what the {animal} eats.", f"Which food does the {animal} like?"],
                 f"The {animal} eats {food}."),
        "place": ([f"Where does the {animal} live?", f"Tell me where the {animal} lives.", f"Where is the home of the {animal}?"],
                  f"The {animal} lives in the {place}."),
        "color and food": ([f"What color is the {animal} and what does it eat?"], f"The {animal} is {color} and eats {food}."),
        "food and place": ([f"What does the {animal} eat and where does it live?"],
                           f"The {animal} eats {food} and lives in the {place}."),
    }
    return worded_fact(r, *r.choice(list(forms.values())))


def worded_fact(r, questions, answer):
    """A fact can't be guessed, so its first wording is always trained; the others may be held out."""
    i = r.randrange(len(questions))
    return Example(questions[i], answer, always_trained=i == 0)


def instructions(r):
    words = r.sample(WORDS, r.randint(3, 6))
    n = r.randint(2, len(words) - 1)
    low, high = sorted(r.sample(range(10), 2))
    shout = r.sample([*ANIMALS, *COLORS], r.randint(1, 3))
    return r.choice([
        lambda: Example(f"Write in upper case: {' '.join(shout)}", " ".join(shout).upper()),
        lambda: Example(f"Write with capital letters: {' '.join(shout)}", " ".join(shout).upper()),
        lambda: Example(f"Say {words[0]} {n} times.", " ".join([words[0]] * n)),
        lambda: Example(f"How many words are here: {', '.join(words)}", str(len(words)), "numeric"),
        lambda: Example(f"Repeat these words but stop after {words[n - 1]}: {' '.join(words)}",
                        " ".join(words[:n])),
        lambda: Example(f"Repeat only the first {n} words: {' '.join(words)}", " ".join(words[:n]), tier=2),
        lambda: Example(f"Give the last word: {' '.join(words)}", words[-1]),
        lambda: Example(f"Count from {low} to {high}.", " ".join(map(str, range(low, high + 1)))),
        lambda: Example(f"Count down from {high} to {low}.", " ".join(map(str, range(high, low - 1, -1)))),
    ])()


def brackets(r):
    opened, text = [], []
    for _ in range(r.randint(3, 8)):
        if opened and r.random() < 0.35:
            text.append(CLOSE[opened.pop()])
        else:
            opened.append(r.choice(OPEN))
            text.append(opened[-1])
    if not opened:
        return brackets(r)
    form = r.choice(["Close the brackets: {}", "Which brackets are still open? Close them: {}"])
    return Example(form.format(" ".join(text)), " ".join(CLOSE[b] for b in reversed(opened)), tier=1 + (len(opened) > 3))


def translation(r):
    english = r.sample(list(DICTIONARY), r.randint(1, 4))
    korean = [DICTIONARY[w] for w in english]
    form, source, target = r.choice([
        ("Translate into Korean: {}", english, korean), ("한국어로 옮기세요: {}", english, korean),
        ("Translate into English: {}", korean, english), ("영어로 옮기세요: {}", korean, english)])
    return Example(form.format(", ".join(source)), ", ".join(target))


def korean(r):
    return r.choice([korean_facts, korean_facts, korean_recall, korean_counting, korean_reversing, korean_addition])(r)


def korean_facts(r):
    word = r.choice(list(ANIMALS))
    color, food, place = FACTS[word]
    topic = particle(ANIMALS[word], "은", "는")
    eats = f"{topic} {particle(FOODS[food], '을', '를')} 먹어요."
    questions, answer = r.choice([
        ([f"{topic} 무슨 색인가요?", f"{ANIMALS[word]}의 색을 말해 주세요."], f"{topic} {COLORS[color]}이에요."),
        ([f"{topic} 무엇을 먹나요?", f"{topic} 어떤 음식을 좋아하나요?"], eats),
        ([f"{topic} 어디에 사나요?", f"{ANIMALS[word]}의 집은 어디인가요?"], f"{topic} {PLACES[place]}에 살아요."),
    ])
    return worded_fact(r, questions, answer)


def korean_recall(r):
    n = r.randint(2, 4)
    names = [NAMES[x] for x in r.sample(list(NAMES), n)]
    orders = [f"{name} {FOODS[food]}" for name, food in zip(names, r.sample(list(FOODS), n))]
    i = r.randrange(n)
    return Example(f"주문: {', '.join(orders)}. {names[i]}의 주문은 무엇인가요?", f"주문: {orders[i]}", tier=2)


def korean_counting(r):
    animal, n = ANIMALS[r.choice(list(ANIMALS))], r.randint(1, 6)
    return Example(f"{' '.join([animal] * n)}: 모두 몇 마리인가요?", f"{COUNTERS[n - 1]} 마리예요.")


def korean_reversing(r):
    items = [DICTIONARY[w] for w in r.sample(WORDS, r.randint(2, 4))]
    return Example(f"거꾸로 쓰세요: {' '.join(items)}", " ".join(reversed(items)))


def korean_addition(r):
    example = addition(r)
    a, b = example.keys[0].split("+")
    example.prompt = f"{a} 더하기 {particle(b, '은', '는')} 얼마인가요?"
    return example


def stories(r):
    cast = draw_cast(r)
    if r.random() < 0.25:
        name, animal = NAMES[cast["name"]], ANIMALS[cast["animal"]]
        return Example(f"{particle(name, '이라는', '라는')} {animal} 이야기를 해 주세요.", " ".join(korean_story(r, cast)),
                       "pattern", pattern=f"{particle(name, '이라는', '라는')} {animal}")
    text = english_story(r, cast)
    name, animal, other, food = (cast[x] for x in ("name", "animal", "other", "food"))
    if r.random() < 0.25:
        n = r.randint(3, 6)
        return Example(f"Go on with this story: {' '.join(text[:n])}", " ".join(text[n:]), "pattern", pattern=rf"\b{name}\b")
    if r.random() < 0.25:
        first = " ".join(english_story(r, draw_cast(r)))
        return Example(f"Here is a story. {first} Now tell me another story about {name} the {animal}.", " ".join(text),
                       "pattern", pattern=rf"(?s)(?=.*\b{name}\b)(?=.*\b{animal}\b)", tier=2)
    prompt, wanted = r.choice([
        (f"Tell me a story about {cast['a']} {animal} named {name}.", [name, animal]),
        (f"Tell me a story about {name} the {animal} and {cast['b']} {other}.", [name, animal, other]),
        (f"Write a story in which {name} the {animal} looks for {food}.", [name, animal]),
    ])
    return Example(prompt, " ".join(text), "pattern", pattern="(?s)" + "".join(rf"(?=.*\b{w}\b)" for w in wanted), tier=2)


def running_text(r):
    """Two stories without any chat markers, one of them perhaps Korean: what perplexity is measured on."""
    cast = draw_cast(r)
    first = english_story(r, cast)
    second = korean_story(r, draw_cast(r)) if r.random() < 0.3 else english_story(r, draw_cast(r))[:5]
    return Example("", " ".join(first) + "\n\n" + " ".join(second) + "\n\n")


DOMAINS = {"addition": addition, "long-addition": long_addition, "reversing": reversing, "sorting": sorting,
           "choosing": choosing, "recall": recall, "facts": facts, "instructions": instructions, "brackets": brackets,
           "translation": translation, "korean": korean, "stories": stories, "running-text": running_text}
# How often an example of a domain is drawn for training; slow learners come more often.
WEIGHTS = {"addition": 4, "long-addition": 8, "reversing": 8, "sorting": 12, "choosing": 10, "recall": 7, "facts": 4,
           "instructions": 22, "brackets": 9, "translation": 6, "korean": 18, "stories": 4, "running-text": 3}


def draw(rng, split, domain=None):
    domain = domain or rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    while True:
        example = DOMAINS[domain](rng)
        if example.split is split:
            return domain, example


def chat(prompt):
    """The text before the answer, in ChatML."""
    return f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
