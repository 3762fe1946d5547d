/* Writes what llama.cpp's own chat formats make of one turn of a user; run by make_fixtures.sh.
 *   llama_chat TEMPLATE...
 * A line for each: file, a tab, and the prompt, \n for line breaks. Templates unknown to it have no line. */
#include <stdio.h>
#include <string.h>

#include "llama.h"

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    static char text[1 << 20], prompt[1 << 20];
    FILE *file = fopen(argv[i], "rb");
    if (!file) return 1;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    const struct llama_chat_message turn = {"user", "  UU  "};
    const int n = llama_chat_apply_template(text, &turn, 1, true, prompt, sizeof prompt);
    if (n < 0) continue;
    const char *slash = strrchr(argv[i], '/');
    printf("%s\t", slash ? slash + 1 : argv[i]);
    for (int at = 0; at < n; at++) {
      if (prompt[at] == '\n') {
        printf("\\n");
      } else {
        putchar(prompt[at]);
      }
    }
    printf("\n");
  }
  return 0;
}
