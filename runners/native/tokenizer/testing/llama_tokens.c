/* Writes what llama.cpp makes of texts as a fixture for tokenizer_vectors_test.cc; made and run by
 * make_fixtures.sh.
 *   llama_tokens VOCABULARY.gguf [keep] < TEXTS
 * TEXTS are split by lines of __ggml_vocab_test__; one line of ids for each, without bos and eos, special
 * tokens not parsed. keep: they are parsed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ggml-backend.h"
#include "llama.h"

static const char kBetween[] = "\n__ggml_vocab_test__\n";

static void fail(const char *why) {
  fprintf(stderr, "llama_tokens: %s\n", why);
  exit(1);
}

static void no_log(enum ggml_log_level level, const char *text, void *data) {
  (void)level;
  (void)text;
  (void)data;
}

static void tokenize(const struct llama_vocab *vocab, const char *text, int bytes, bool parse) {
  const int room = 2 * bytes + 16;
  llama_token *ids = malloc((size_t)room * sizeof *ids);
  const int n = llama_tokenize(vocab, text, bytes, ids, room, false, parse);
  if (n < 0) fail("more tokens than room");
  for (int i = 0; i < n; i++) printf(i ? " %d" : "%d", ids[i]);
  printf("\n");
  free(ids);
}

int main(int argc, char **argv) {
  if (argc < 2) fail("VOCABULARY.gguf [keep] < TEXTS");
  static char texts[1 << 20];
  const size_t size = fread(texts, 1, sizeof texts - 1, stdin);
  texts[size] = 0;
  llama_log_set(no_log, NULL);
  ggml_backend_load_all();
  struct llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  struct llama_model *model = llama_model_load_from_file(argv[1], params);
  if (!model) fail("the vocabulary can't be loaded");
  const struct llama_vocab *vocab = llama_model_get_vocab(model);
  for (char *text = texts;;) {
    char *end = strstr(text, kBetween);
    tokenize(vocab, text, end ? (int)(end - text) : (int)(texts + size - text), argc > 2);
    if (!end) break;
    text = end + strlen(kBetween);
  }
  llama_model_free(model);
  return 0;
}
