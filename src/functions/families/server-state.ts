/** Where the log has come to, what only a standby has, and what this session listens to. */
import type { SystemService } from "../../catalog/index.js";
import { DbError } from "../../types/index.js";
import { requireService, type SessionService } from "../catalog-service.js";
import type { ScalarBody, SetBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { requireSequence } from "./privilege-answers.js";

const counters = (context: Parameters<ScalarBody>[0]) => requireService<SystemService>(context, "system").counters();
const nothing: ScalarBody = () => null;
/** Nobody is a standby here. */
const onlyInRecovery: ScalarBody = () => {
  throw new DbError({
    sqlstate: "55000",
    message: "recovery is not in progress",
    hint: "Recovery control functions can only be executed during recovery.",
  });
};

const zero: ScalarBody = () => 0;

const scalars: Record<string, ScalarBody> = {
  current_query: (c) => requireService<SessionService>(c, "session").currentQuery ?? null,
  // As pg_stat_bgwriter shows them: no checkpoint comes by the clock, and what one writes, and for how long, is not counted.
  pg_stat_get_bgwriter_timed_checkpoints: zero,
  pg_stat_get_bgwriter_requested_checkpoints: (c) => counters(c).checkpoints,
  pg_stat_get_bgwriter_buf_written_checkpoints: nothing,
  pg_stat_get_bgwriter_buf_written_clean: zero,
  pg_stat_get_bgwriter_maxwritten_clean: zero,
  pg_stat_get_buf_written_backend: zero,
  pg_stat_get_buf_fsync_backend: zero,
  pg_stat_get_buf_alloc: zero,
  pg_stat_get_checkpoint_write_time: nothing,
  pg_stat_get_checkpoint_sync_time: nothing,
  pg_stat_get_bgwriter_stat_reset_time: (c) => counters(c).startedMicros,
  pg_replication_origin_session_is_setup: () => false,
  pg_current_wal_lsn: (c) => counters(c).logEnd,
  pg_current_wal_insert_lsn: (c) => counters(c).logEnd,
  pg_current_wal_flush_lsn: (c) => counters(c).logFlushed,
  pg_last_wal_receive_lsn: nothing,
  pg_last_wal_replay_lsn: nothing,
  pg_last_xact_replay_timestamp: nothing,
  pg_is_wal_replay_paused: onlyInRecovery,
  pg_get_wal_replay_pause_state: onlyInRecovery,
  pg_wal_replay_pause: onlyInRecovery,
  pg_wal_replay_resume: onlyInRecovery,
  pg_promote: onlyInRecovery,
  pg_sequence_last_value: (c, oid: number) => {
    requireSequence(c, oid);
    return requireService<SystemService>(c, "system").lastValue(oid);
  },
  // Statistics are read as they are: no snapshot of them is kept.
  pg_stat_get_snapshot_timestamp: nothing,
  pg_stat_clear_snapshot: () => "",
  pg_stat_force_next_flush: () => "",
  // The log goes to standard error, not to files of the server's.
  "pg_current_logfile()": nothing,
};

const sets: Record<string, SetBody> = {
  *pg_listening_channels(c) {
    for (const channel of requireService<SessionService>(c, "session").listeningChannels?.() ?? []) yield channel;
  },
};

export const serverStateFamily: Family = { scalars, sets };
