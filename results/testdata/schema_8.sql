-- A database of schema 8: that of schema_7.sql brought forward by schema_7_to_8.cc.
PRAGMA application_id = 1299146050;
PRAGMA user_version = 8;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE sweep(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started TEXT NOT NULL, version TEXT NOT NULL,
  config_json TEXT NOT NULL, config_hash TEXT NOT NULL,
  machine_json TEXT NOT NULL, machine_hash TEXT NOT NULL,
  seed INTEGER NOT NULL, checksum INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO sweep VALUES(1,'2026-11-22T07:45:36Z','0.1.0','{"controls":0,"decoding":["plain"],"experts":[4,1],"fake_script":"script.json","flag_below":0.1,"items":0,"max_tokens":16,"model_sha256":["73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f"],"models":["fake.gguf"],"placement":[],"runner":"fake","seed":1,"sessions":2,"suite":".","suite_hash":"ea6447814e88ee9b","threads":[],"trials":1}','b950a043ac845cf7','{"hash":"1531154fe1cea77b","items":{"cpu.model":{"kind":"F","value":"AMD EPYC"}},"schema":"moebench.machine/1"}','1531154fe1cea77b',1,5330100937935888307);
CREATE TABLE sweep_end(
  sweep_id INTEGER PRIMARY KEY REFERENCES sweep(id),
  finished TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO sweep_end VALUES(1,'2026-11-22T07:45:37Z',-5079453435469538515);
CREATE TABLE model(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  ordinal INTEGER NOT NULL,
  sha256 TEXT NOT NULL, path TEXT NOT NULL, facts_json TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(sweep_id, ordinal)) STRICT;
INSERT INTO model VALUES(1,0,'73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f','fake.gguf','{"architecture":"fakemoe","chat_format":"chatml","context_length":4096,"dense_bytes_per_token":400000,"expert_bytes":50000,"expert_count_key":"fakemoe.expert_used_count","file_bytes":8000000,"k0":8,"kv_bytes_per_position":4096,"n_experts":32,"n_layers":2,"n_moe_layers":2,"n_recurrent_layers":0,"name":"fake","parameter_count":4000000,"path":"fake.gguf","quantisation":"F16","vocabulary_size":256}',8617953697809791678);
CREATE TABLE cell(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  cell_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  model_path TEXT NOT NULL, model_sha256 TEXT NOT NULL, runner TEXT NOT NULL,
  k INTEGER NOT NULL, decoding TEXT NOT NULL, placement TEXT NOT NULL, threads INTEGER NOT NULL,
  baseline INTEGER NOT NULL, control INTEGER NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL,
  bytes_per_token_predicted REAL NOT NULL, max_speedup REAL NOT NULL, checksum INTEGER NOT NULL DEFAULT 0, kv TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
INSERT INTO cell VALUES(1,'bd9616cee0687f36',0,'fake.gguf','73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f','fake',8,'plain','interleave',2,1,0,'planned','',1200000.0,1.0,-2938736596582526936,'');
INSERT INTO cell VALUES(1,'b22fd8672a292ed2',1,'fake.gguf','73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f','fake',4,'plain','interleave',2,0,0,'planned','',800000.0,1.5,-1674138921013487284,'');
INSERT INTO cell VALUES(1,'af512f23a9ede72f',2,'fake.gguf','73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f','fake',1,'plain','interleave',2,0,0,'planned','',500000.0,2.3999999999999999111,6776330114335779169,'');
CREATE TABLE cell_event(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id)) STRICT;
INSERT INTO cell_event VALUES(1,1,'af512f23a9ede72f','failed','fake runner: no such expert; change the script','2026-11-22T07:45:36Z',-5457631020805580404);
INSERT INTO cell_event VALUES(2,1,'b22fd8672a292ed2','ok','','2026-11-22T07:45:37Z',6151556159142704106);
INSERT INTO cell_event VALUES(3,1,'bd9616cee0687f36','ok','','2026-11-22T07:45:37Z',-6272612715712720782);
CREATE TABLE session(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  model_sha256 TEXT NOT NULL, group_index INTEGER NOT NULL, started TEXT NOT NULL,
  placement TEXT NOT NULL, isa TEXT NOT NULL, engine_version TEXT NOT NULL,
  threads INTEGER NOT NULL, load_s REAL NOT NULL,
  asked_json TEXT NOT NULL, proof_json TEXT NOT NULL,
  read_bandwidth_gbps REAL NOT NULL, cache_bandwidth_gbps REAL NOT NULL,
  cache_bytes INTEGER NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
  UNIQUE(id, sweep_id)) STRICT;
INSERT INTO session VALUES(1,1,'73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f',0,'2026-11-22T07:45:36Z','interleave','fake','fake 1',2,0.0080000000000000001665,'{"memory_nodes":[0],"policy":"interleave","thread_cpus":[0,1]}','{"pages_absent":0,"pages_per_node":{"0":2050},"thread_cpus":[0,1],"unavailable":""}',26.751856101073382631,91.781389293620350144,33554432,4458029872319715568);
INSERT INTO session VALUES(2,1,'73cc402aa204f15472b6aebec912b62c7472212f62dd3952dc8c40b64557bf5f',1,'2026-11-22T07:45:37Z','interleave','fake','fake 1',2,0.0080000000000000001665,'{"memory_nodes":[0],"policy":"interleave","thread_cpus":[0,1]}','{"pages_absent":0,"pages_per_node":{"0":2050},"thread_cpus":[0,1],"unavailable":""}',26.751856101073382631,91.781389293620350144,33554432,494896223802662711);
CREATE TABLE session_end(
  session_id INTEGER PRIMARY KEY REFERENCES session(id),
  proof_after_json TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO session_end VALUES(1,'{"pages_absent":0,"pages_per_node":{"0":2050},"thread_cpus":[0,1],"unavailable":""}',-8558834285001614493);
INSERT INTO session_end VALUES(2,'{"pages_absent":0,"pages_per_node":{"0":2050},"thread_cpus":[0,1],"unavailable":""}',5452490597792803944);
CREATE TABLE trial(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL, session_id INTEGER NOT NULL,
  round INTEGER NOT NULL, position INTEGER NOT NULL, prompts INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL, generated_tokens INTEGER NOT NULL,
  prefill_ms REAL NOT NULL, decode_ms REAL NOT NULL, ttft_ms REAL NOT NULL,
  inter_token_ms BLOB NOT NULL,  -- f32, little-endian
  k_executed_min INTEGER NOT NULL, k_executed_max INTEGER NOT NULL,
  experts_touched INTEGER NOT NULL, bytes_per_token REAL NOT NULL,
  logits_hash INTEGER NOT NULL,  -- the 64 bits as a signed number
  drafted INTEGER, accepted INTEGER,
  machine_delta_json TEXT NOT NULL, unstable TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
  UNIQUE(session_id, position),
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
INSERT INTO trial VALUES(1,1,'bd9616cee0687f36',1,0,0,1,5,16,12.81644765680486131,153.7973785400390625,12.81644765680486131,X'f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441f00c2441',8,8,64,1253248.0,-5218812320519933117,NULL,NULL,'{"busy_s":0.0,"foreign_s":0.0,"iowait_s":0.0,"major_faults":0,"memory_errors":{"unavailable":"no memory controller reports ECC (a VM, or no EDAC driver)"},"nonvoluntary_switches":0,"pages_migrated":0,"pages_swapped_in":0,"pages_swapped_out":0,"process_s":0.0,"steal_s":0.0,"throttled":0}','',4266349248672954854);
INSERT INTO trial VALUES(2,1,'b22fd8672a292ed2',1,0,2,1,5,16,9.1586289663544562245,99.912314414978027343,9.1586289663544562245,X'7225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d5407225d540',4,4,64,853248.0,-8762157829828733734,NULL,NULL,'{"busy_s":0.0,"foreign_s":0.0,"iowait_s":0.0,"major_faults":0,"memory_errors":{"unavailable":"no memory controller reports ECC (a VM, or no EDAC driver)"},"nonvoluntary_switches":0,"pages_migrated":0,"pages_swapped_in":0,"pages_swapped_out":0,"process_s":0.0,"steal_s":0.0,"throttled":0}','',1281359663400011444);
INSERT INTO trial VALUES(3,1,'bd9616cee0687f36',1,1,3,1,5,16,12.755977595892055376,153.07173728942871093,12.755977595892055376,X'ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341ca462341',8,8,64,1253248.0,-5218812320519933117,NULL,NULL,'{"busy_s":0.0,"foreign_s":0.0,"iowait_s":0.0,"major_faults":0,"memory_errors":{"unavailable":"no memory controller reports ECC (a VM, or no EDAC driver)"},"nonvoluntary_switches":0,"pages_migrated":0,"pages_swapped_in":0,"pages_swapped_out":0,"process_s":0.0,"steal_s":0.0,"throttled":0}','',4483156011724635857);
INSERT INTO trial VALUES(4,1,'bd9616cee0687f36',2,0,0,1,5,16,12.536358483304725908,150.43630599975585937,12.536358483304725908,X'247720412477204124772041247720412477204124772041247720412477204124772041247720412477204124772041247720412477204124772041',8,8,64,1253248.0,-5218812320519933117,NULL,NULL,'{"busy_s":0.0,"foreign_s":0.0,"iowait_s":0.0,"major_faults":0,"memory_errors":{"unavailable":"no memory controller reports ECC (a VM, or no EDAC driver)"},"nonvoluntary_switches":0,"pages_migrated":0,"pages_swapped_in":0,"pages_swapped_out":0,"process_s":0.0,"steal_s":0.0,"throttled":0}','',-2838679830674090060);
INSERT INTO trial VALUES(5,1,'b22fd8672a292ed2',2,0,2,1,5,16,9.0079994508950349541,98.269085884094238281,9.0079994508950349541,X'06a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d14006a4d140',4,4,64,853248.0,-8762157829828733734,NULL,NULL,'{"busy_s":0.0,"foreign_s":0.0,"iowait_s":0.0,"major_faults":0,"memory_errors":{"unavailable":"no memory controller reports ECC (a VM, or no EDAC driver)"},"nonvoluntary_switches":0,"pages_migrated":0,"pages_swapped_in":0,"pages_swapped_out":0,"process_s":0.0,"steal_s":0.0,"throttled":0}','',-3620952968361189925);
INSERT INTO trial VALUES(6,1,'bd9616cee0687f36',2,1,3,1,5,16,12.488372719746669403,149.86046791076660156,12.488372719746669403,X'e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41e6d91f41',8,8,64,1253248.0,-5218812320519933117,NULL,NULL,'{"busy_s":0.0,"foreign_s":0.0,"iowait_s":0.0,"major_faults":0,"memory_errors":{"unavailable":"no memory controller reports ECC (a VM, or no EDAC driver)"},"nonvoluntary_switches":0,"pages_migrated":0,"pages_swapped_in":0,"pages_swapped_out":0,"process_s":0.0,"steal_s":0.0,"throttled":0}','',-6036097460758714859);
CREATE TABLE answer(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL, session_id INTEGER NOT NULL,
  item_id TEXT NOT NULL, item_hash TEXT NOT NULL, category TEXT NOT NULL,
  prompt TEXT NOT NULL, answer TEXT NOT NULL, finish TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL, generated_tokens INTEGER NOT NULL,
  score REAL NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
  UNIQUE(session_id, cell_id, item_id),
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
INSERT INTO answer VALUES(1,1,'bd9616cee0687f36',1,'q1','20675e35909a03d5','general','question 1','answ','length',3,4,0.0,'cut_off','still open at the token limit',8333036647774813354);
INSERT INTO answer VALUES(2,1,'bd9616cee0687f36',1,'q2','24c92d9a30f55656','general','question 2','answ','length',3,4,0.0,'cut_off','still open at the token limit',2069296083965989997);
INSERT INTO answer VALUES(3,1,'bd9616cee0687f36',1,'q3','060dc1d1c92f034b','general','question 3','the ','length',3,4,0.0,'cut_off','still open at the token limit',4374423445567682572);
INSERT INTO answer VALUES(4,1,'b22fd8672a292ed2',1,'q1','20675e35909a03d5','general','question 1','answ','length',3,4,0.0,'cut_off','still open at the token limit',-4319854393768425750);
INSERT INTO answer VALUES(5,1,'b22fd8672a292ed2',1,'q2','24c92d9a30f55656','general','question 2','answ','length',3,4,0.0,'cut_off','still open at the token limit',-6177297295153650953);
INSERT INTO answer VALUES(6,1,'b22fd8672a292ed2',1,'q3','060dc1d1c92f034b','general','question 3','the ','length',3,4,0.0,'cut_off','still open at the token limit',7574362434415150256);
CREATE TABLE baseline_mark(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  kind TEXT NOT NULL CHECK(kind IN ('promoted', 'pinned')),
  note TEXT NOT NULL, at TEXT NOT NULL,
  checksum INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE rerun_session(
  session_id INTEGER PRIMARY KEY REFERENCES session(id),
  checksum INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE imported(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,      -- when it was brought in, UTC
  source TEXT NOT NULL, source_sha256 TEXT NOT NULL,  -- the file
  position INTEGER NOT NULL,                          -- of the row in it, from 0
  instrument TEXT NOT NULL,                           -- 'llama-bench'
  test_time TEXT NOT NULL, build_commit TEXT NOT NULL, cpu_info TEXT NOT NULL,
  model_filename TEXT NOT NULL, model_type TEXT NOT NULL,
  n_threads INTEGER NOT NULL, n_prompt INTEGER NOT NULL, n_gen INTEGER NOT NULL,
  n_depth INTEGER NOT NULL,
  avg_ts REAL NOT NULL, stddev_ts REAL NOT NULL,      -- tokens/s
  row_json TEXT NOT NULL,                             -- every field as it was
  checksum INTEGER NOT NULL,
  UNIQUE(source_sha256, position)) STRICT;
CREATE TABLE bandwidth_probe(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id INTEGER NOT NULL REFERENCES session(id),
  at TEXT NOT NULL,
  read_bandwidth_gbps REAL NOT NULL, cache_bandwidth_gbps REAL NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE cell_guessing(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), cell_id TEXT NOT NULL,
  draft_path TEXT NOT NULL, draft_sha256 TEXT NOT NULL,  -- '' without a draft model
  draft_tokens INTEGER NOT NULL,                         -- 0 = adaptive
  min_probability REAL NOT NULL,
  recurrent TEXT NOT NULL,                               -- rollback, checkpoint, off; '' = no need
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
CREATE TABLE trial_speculation(
  trial_id INTEGER PRIMARY KEY REFERENCES trial(id),
  steps INTEGER NOT NULL,
  drafted INTEGER NOT NULL, accepted INTEGER NOT NULL,
  looked_up INTEGER NOT NULL, lookup_accepted INTEGER NOT NULL,
  drafted_at TEXT NOT NULL, accepted_at TEXT NOT NULL,   -- by place in the guess: '90 71 33'
  draft_ms REAL NOT NULL, verify_ms REAL NOT NULL, rollback_ms REAL NOT NULL,
  lookup_ms REAL NOT NULL,
  experts_per_step REAL NOT NULL, tokens_per_pass REAL NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE trial_prompt(
  trial_id INTEGER NOT NULL REFERENCES trial(id), position INTEGER NOT NULL,
  prompt_id TEXT NOT NULL, generated_tokens INTEGER NOT NULL, decode_ms REAL NOT NULL,
  drafted INTEGER, accepted INTEGER,
  plain_tokens INTEGER,                                  -- NULL: not held against plain decoding
  diverged_at INTEGER, gap REAL,                         -- NULL: equal; gap: not known
  checksum INTEGER NOT NULL,
  PRIMARY KEY(trial_id, position)) STRICT;
CREATE TABLE answer_parity(
  answer_id INTEGER PRIMARY KEY REFERENCES answer(id),
  plain_tokens INTEGER NOT NULL, diverged_at INTEGER, gap REAL,
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE pass_cost(
  session_id INTEGER NOT NULL REFERENCES session(id),
  k INTEGER NOT NULL, tokens INTEGER NOT NULL,
  ms REAL NOT NULL, lo_ms REAL NOT NULL, hi_ms REAL NOT NULL, n INTEGER NOT NULL,
  experts_per_layer REAL NOT NULL, bytes REAL NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(session_id, k, tokens)) STRICT;
CREATE TABLE prediction(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), cell_id TEXT NOT NULL,
  session_id INTEGER NOT NULL REFERENCES session(id),
  source TEXT NOT NULL,
  acceptance REAL NOT NULL, hit_rate REAL NOT NULL, draft_cost REAL NOT NULL,
  guesses INTEGER NOT NULL, speedup REAL NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
CREATE TABLE speed_prompt(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), position INTEGER NOT NULL,
  prompt_id TEXT NOT NULL, kind TEXT NOT NULL,
  repeated_share REAL NOT NULL,                          -- of its 5-grams, 0 to 1
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, position)) STRICT;
CREATE TABLE answer_sign(
  answer_id INTEGER PRIMARY KEY REFERENCES answer(id),
  cut_off INTEGER NOT NULL, empty INTEGER NOT NULL, loop INTEGER NOT NULL,
  unfinished INTEGER NOT NULL, open_fence INTEGER NOT NULL, open_json INTEGER NOT NULL,
  prompt_echo INTEGER NOT NULL, wrong_script INTEGER NOT NULL,
  compression_ratio REAL NOT NULL,  -- bytes over deflated bytes; 0 = too short to say
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE divergence(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  text_hash TEXT NOT NULL, base_k INTEGER NOT NULL,
  window_tokens INTEGER NOT NULL, windows INTEGER NOT NULL, per_window INTEGER NOT NULL,
  k_executed_min INTEGER NOT NULL, k_executed_max INTEGER NOT NULL,
  base_log_p BLOB NOT NULL, log_p BLOB NOT NULL, kl BLOB NOT NULL,  -- f32, of each scored token
  same_top TEXT NOT NULL,                                           -- '1' or '0' of each
  checksum INTEGER NOT NULL,
  UNIQUE(session_id, cell_id),
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
CREATE TABLE judgment(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  cell_id TEXT NOT NULL,  -- empty of control answers
  item_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('rubric', 'pair', 'canary')),
  swapped INTEGER NOT NULL, outcome TEXT NOT NULL, score INTEGER NOT NULL,
  judge TEXT NOT NULL, model TEXT NOT NULL, prompt_hash TEXT NOT NULL, content_hash TEXT NOT NULL,
  reply TEXT NOT NULL,
  requests INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  at TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE(sweep_id, cell_id, item_id, kind, swapped, judge, prompt_hash)) STRICT;
CREATE TABLE judge_run(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  at TEXT NOT NULL, judge TEXT NOT NULL, prompt_hash TEXT NOT NULL,
  requests INTEGER NOT NULL, usd REAL NOT NULL, judged INTEGER NOT NULL, invalid INTEGER NOT NULL,
  stopped TEXT NOT NULL,  -- why it ended early; empty: it did not
  trusted INTEGER NOT NULL, trust_text TEXT NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE cell_instances(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), cell_id TEXT NOT NULL,
  instances INTEGER NOT NULL,                            -- more than one
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
CREATE TABLE session_numa(
  session_id INTEGER PRIMARY KEY REFERENCES session(id),
  instances INTEGER NOT NULL,
  remote_share REAL,                                     -- of the weights read; NULL: nobody says
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE trial_instance(
  trial_id INTEGER NOT NULL REFERENCES trial(id), instance INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL, timed_tokens INTEGER NOT NULL,
  prefill_ms REAL NOT NULL, decode_ms REAL NOT NULL,
  logits_hash INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(trial_id, instance)) STRICT;
CREATE TABLE trial_wait(
  trial_id INTEGER PRIMARY KEY REFERENCES trial(id),
  overlap REAL NOT NULL,                                 -- of instances; 1 of one alone
  prefill_mean REAL, prefill_most REAL,                  -- of the threads' time, at barriers;
  decode_mean REAL, decode_most REAL,                    -- NULL: the engine didn't say
  checksum INTEGER NOT NULL) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('sweep',1);
INSERT INTO sqlite_sequence VALUES('session',2);
INSERT INTO sqlite_sequence VALUES('trial',6);
INSERT INTO sqlite_sequence VALUES('cell_event',3);
INSERT INTO sqlite_sequence VALUES('answer',6);
CREATE INDEX cell_event_of_cell ON cell_event(sweep_id, cell_id);
CREATE INDEX session_of_sweep ON session(sweep_id);
CREATE INDEX trial_of_cell ON trial(sweep_id, cell_id);
CREATE INDEX answer_of_cell ON answer(sweep_id, cell_id);
CREATE TRIGGER sweep_refuses_UPDATE BEFORE UPDATE ON sweep BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER sweep_refuses_DELETE BEFORE DELETE ON sweep BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER sweep_end_refuses_UPDATE BEFORE UPDATE ON sweep_end BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER sweep_end_refuses_DELETE BEFORE DELETE ON sweep_end BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER model_refuses_UPDATE BEFORE UPDATE ON model BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER model_refuses_DELETE BEFORE DELETE ON model BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_event_refuses_UPDATE BEFORE UPDATE ON cell_event BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_event_refuses_DELETE BEFORE DELETE ON cell_event BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER session_refuses_UPDATE BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER session_refuses_DELETE BEFORE DELETE ON session BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER session_end_refuses_UPDATE BEFORE UPDATE ON session_end BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER session_end_refuses_DELETE BEFORE DELETE ON session_end BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_refuses_UPDATE BEFORE UPDATE ON trial BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_refuses_DELETE BEFORE DELETE ON trial BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER answer_refuses_UPDATE BEFORE UPDATE ON answer BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER answer_refuses_DELETE BEFORE DELETE ON answer BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER baseline_mark_refuses_UPDATE BEFORE UPDATE ON baseline_mark BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER baseline_mark_refuses_DELETE BEFORE DELETE ON baseline_mark BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER rerun_session_refuses_UPDATE BEFORE UPDATE ON rerun_session BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER rerun_session_refuses_DELETE BEFORE DELETE ON rerun_session BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER imported_refuses_UPDATE BEFORE UPDATE ON imported BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER imported_refuses_DELETE BEFORE DELETE ON imported BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE INDEX probe_of_session ON bandwidth_probe(session_id);
CREATE TRIGGER cell_refuses_UPDATE BEFORE UPDATE ON cell BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_refuses_DELETE BEFORE DELETE ON cell BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER bandwidth_probe_refuses_UPDATE BEFORE UPDATE ON bandwidth_probe BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER bandwidth_probe_refuses_DELETE BEFORE DELETE ON bandwidth_probe BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_guessing_refuses_UPDATE BEFORE UPDATE ON cell_guessing BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_guessing_refuses_DELETE BEFORE DELETE ON cell_guessing BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_speculation_refuses_UPDATE BEFORE UPDATE ON trial_speculation BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_speculation_refuses_DELETE BEFORE DELETE ON trial_speculation BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_prompt_refuses_UPDATE BEFORE UPDATE ON trial_prompt BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_prompt_refuses_DELETE BEFORE DELETE ON trial_prompt BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER answer_parity_refuses_UPDATE BEFORE UPDATE ON answer_parity BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER answer_parity_refuses_DELETE BEFORE DELETE ON answer_parity BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER pass_cost_refuses_UPDATE BEFORE UPDATE ON pass_cost BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER pass_cost_refuses_DELETE BEFORE DELETE ON pass_cost BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER prediction_refuses_UPDATE BEFORE UPDATE ON prediction BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER prediction_refuses_DELETE BEFORE DELETE ON prediction BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER speed_prompt_refuses_UPDATE BEFORE UPDATE ON speed_prompt BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER speed_prompt_refuses_DELETE BEFORE DELETE ON speed_prompt BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE INDEX divergence_of_cell ON divergence(sweep_id, cell_id);
CREATE TRIGGER answer_sign_refuses_UPDATE BEFORE UPDATE ON answer_sign BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER answer_sign_refuses_DELETE BEFORE DELETE ON answer_sign BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER divergence_refuses_UPDATE BEFORE UPDATE ON divergence BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER divergence_refuses_DELETE BEFORE DELETE ON divergence BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER judgment_refuses_UPDATE BEFORE UPDATE ON judgment BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER judgment_refuses_DELETE BEFORE DELETE ON judgment BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER judge_run_refuses_UPDATE BEFORE UPDATE ON judge_run BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER judge_run_refuses_DELETE BEFORE DELETE ON judge_run BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_instances_refuses_UPDATE BEFORE UPDATE ON cell_instances BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER cell_instances_refuses_DELETE BEFORE DELETE ON cell_instances BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER session_numa_refuses_UPDATE BEFORE UPDATE ON session_numa BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER session_numa_refuses_DELETE BEFORE DELETE ON session_numa BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_instance_refuses_UPDATE BEFORE UPDATE ON trial_instance BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_instance_refuses_DELETE BEFORE DELETE ON trial_instance BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_wait_refuses_UPDATE BEFORE UPDATE ON trial_wait BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER trial_wait_refuses_DELETE BEFORE DELETE ON trial_wait BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
COMMIT;
