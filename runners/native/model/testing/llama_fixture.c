/* Writes what llama.cpp computes as a fixture for conformance_test.cc; made and run by make_fixtures.sh.
 *   llama_fixture MODEL KEY=K text "..." | llama_fixture MODEL KEY=K ids N | llama_fixture MODEL KEY=K long N
 * Logits of the first 64 positions (of the text's tokens, or of N ids made by a formula) and 24 greedy
 * tokens after them; or (long) of every eighth of 96 positions and every second of 32 greedy tokens after
 * them. One thread, f32 KV cache, no flash attention, no repacked weights. KEY=0: no override. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ggml-backend.h"
#include "llama.h"

enum { MOST = 96, CHOSEN = 8 };

static void fail(const char *why) {
  fprintf(stderr, "llama_fixture: %s\n", why);
  exit(1);
}

static int largest(const float *logits, int n, int but) {
  int best = but == 0 ? 1 : 0;
  for (int i = 0; i < n; i++) {
    if (i != but && logits[i] > logits[best]) best = i;
  }
  return best;
}

static void decode(struct llama_context *context, int *tokens, int n, int first) {
  struct llama_batch batch = llama_batch_init(n, 0, 1);
  for (int i = 0; i < n; i++) {
    batch.token[i] = tokens[i];
    batch.pos[i] = first + i;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
  batch.n_tokens = n;
  if (llama_decode(context, batch)) fail("decode failed");
  llama_batch_free(batch);
}

/* The two largest first, then a spread of others. */
static void print_row(const float *logits, int position, int n_vocab) {
  int first = largest(logits, n_vocab, -1);
  printf("logits %d %d:%.8g %d:%.8g", position, first, logits[first], largest(logits, n_vocab, first),
         logits[largest(logits, n_vocab, first)]);
  for (int c = 2; c < CHOSEN; c++) {
    int id = (position * 13 + c * 97) % n_vocab;
    printf(" %d:%.8g", id, logits[id]);
  }
  printf("\n");
}

int main(int argc, char **argv) {
  if (argc != 5) fail("MODEL KEY=K text|ids|long ARG");
  int is_long = !strcmp(argv[3], "long");
  int positions = is_long ? 96 : 64, n_greedy = is_long ? 32 : 24;
  char *equals = strchr(argv[2], '=');
  if (!equals) fail("KEY=K");
  static struct llama_model_kv_override overrides[2];
  overrides[0].tag = LLAMA_KV_OVERRIDE_TYPE_INT;
  memcpy(overrides[0].key, argv[2], (size_t)(equals - argv[2]));
  overrides[0].val_i64 = atoi(equals + 1);
  ggml_backend_load_all();
  struct llama_model_params model_params = llama_model_default_params();
  if (atoi(equals + 1) > 0) model_params.kv_overrides = overrides;
  model_params.use_extra_bufts = false; /* -nr: no repacking */
  struct llama_model *model = llama_model_load_from_file(argv[1], model_params);
  if (!model) fail("cannot load the model");
  const struct llama_vocab *vocab = llama_model_get_vocab(model);
  int n_vocab = llama_vocab_n_tokens(vocab);
  int tokens[MOST];
  if (!strcmp(argv[3], "text")) {
    int room[4096];
    int n = llama_tokenize(vocab, argv[4], (int)strlen(argv[4]), room, 4096, false, true);
    if (n < positions) fail("the text has too few tokens");
    memcpy(tokens, room, (size_t)positions * sizeof *tokens);
  } else {
    n_vocab = atoi(argv[4]);
    for (int i = 0; i < positions; i++) tokens[i] = (i * i * 7 + i * 31 + 5) % n_vocab;
  }
  struct llama_context_params params = llama_context_default_params();
  params.n_ctx = positions + n_greedy;
  params.n_batch = params.n_ubatch = positions;
  params.n_threads = params.n_threads_batch = 1;
  params.type_k = params.type_v = GGML_TYPE_F32;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  struct llama_context *context = llama_init_from_model(model, params);
  if (!context) fail("cannot make a context");

  printf("k %d\ntokens", atoi(equals + 1));
  for (int i = 0; i < positions; i++) printf(" %d", tokens[i]);
  printf("\n");
  decode(context, tokens, positions, 0);
  for (int i = 0; i < positions; i += is_long ? 8 : 1) {
    print_row(llama_get_logits_ith(context, i), i, n_vocab);
  }
  int greedy[32];
  float gaps[32];
  const float *logits = llama_get_logits_ith(context, positions - 1);
  for (int i = 0; i < n_greedy; i++) {
    greedy[i] = largest(logits, n_vocab, -1);
    gaps[i] = logits[greedy[i]] - logits[largest(logits, n_vocab, greedy[i])];
    decode(context, &greedy[i], 1, positions + i);
    logits = llama_get_logits_ith(context, 0);
    if (is_long && i % 2 == 1) print_row(logits, positions + i, n_vocab);
  }
  printf("greedy");
  for (int i = 0; i < n_greedy; i++) printf(" %d:%.8g", greedy[i], gaps[i]);
  printf("\n");
  return 0;
}
