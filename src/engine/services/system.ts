/** The running engine as pg_catalog shows it. */

import type { CursorFacts, PreparedFacts, PreparedTransactionFacts, SessionCatalogReader, SystemService } from "../../catalog/index.js";
import { PredefinedRole } from "../../catalog/index.js";
import { availableExtensions } from "../commands/create-schema.js";
import { accessRuleFacts } from "../host-access/server-facts.js";
import { partitionBoundText } from "../partition-text.js";
import { progressOf } from "../progress.js";
import type { EngineSession } from "../session.js";
import { isHiddenSetting, settingDefinitions } from "../settings/definitions.js";
import { allSessions } from "./activity.js";
import { allHotPath } from "./hot-path.js";
import { allLocks } from "./locks.js";

export function systemService(session: EngineSession, catalog: SessionCatalogReader): SystemService {
  const { native, engine } = session.database;
  return {
    extensions: availableExtensions,
    counters: () => {
      const statistics = native.engine.statistics(engine);
      const { start } = session.database;
      return {
        startedMicros: start.micros,
        checkpoints: statistics["checkpoint.count"] ?? 0,
        logBytes: (statistics["log.appended"] ?? 0) - start.logBytes,
        logSyncs: statistics["log.syncs"] ?? 0,
        logEnd: statistics["log.appended"] ?? 0,
        logFlushed: native.engine.flushedLsn(engine),
      };
    },
    rowCount: (storage) => native.storage.rowCountEstimate(engine, storage),
    relationBytes: (storage) => Math.max(0, native.storage.relationBytes(engine, storage)),
    hotPath: () => allHotPath(session),
    vectorIndex: (storage) => native.vector.indexFacts(engine, storage) ?? undefined,
    ivfflatIndex: (storage) => native.vector.ivfflatFacts(engine, storage) ?? undefined,
    lastValue: (oid) => {
      const sequence = catalog.relationByOid(oid);
      if (sequence?.class !== "sequence") return null;
      const { lastValue, isCalled } = native.storage.readSequence(engine, sequence.storage);
      return isCalled ? (Number.isSafeInteger(Number(lastValue)) ? Number(lastValue) : lastValue) : null;
    },
    printBound: (oid) => partitionBoundText(catalog, oid, (type) => session.typeOf(type)),
    *settings() {
      const isAll = session.hasPrivilegesOf(PredefinedRole.readAllSettings);
      for (const d of settingDefinitions) {
        if (!isAll && isHiddenSetting(d.name)) continue;
        const key = d.name.toLowerCase();
        const value = key.startsWith("transaction_") ? session.setting(d.name) : (session.settings.raw(key) ?? d.initial);
        yield {
          name: d.name,
          value,
          unit: d.unit ?? null,
          category: d.category,
          description: d.description,
          more: d.more ?? null,
          context: d.shownContext ?? d.context,
          type: d.type,
          min: d.minText ?? (d.min === undefined ? null : String(d.min)),
          max: d.maxText ?? (d.max === undefined ? null : String(d.max)),
          values: d.values ?? null,
          bootValue: d.initial,
          resetValue: session.settings.resetValue(key),
          isChanged: value !== d.initial,
        };
      }
    },
    *cursors(): Iterable<CursorFacts> {
      for (const { name, options } of session.cursors.values()) {
        const { statement, hold, binary, scroll, createdMicros } = options;
        yield { name, statement, isHoldable: hold, isBinary: binary, isScrollable: scroll, createdMicros };
      }
      for (const portal of session.listener.portals?.list() ?? [])
        yield { ...portal, isHoldable: false, isBinary: false, isScrollable: false };
    },
    *preparedStatements(): Iterable<PreparedFacts> {
      for (const [name, prepared] of session.preparedByName) {
        const { source, text, preparedMicros, parameterTypes } = prepared;
        yield { name, statement: source ?? text, preparedMicros, parameterTypes, isFromSql: source !== undefined };
      }
    },
    sessions: () => allSessions(session),
    mayWatch: (user) => {
      const role = catalog.snapshot.role(user);
      return session.hasPrivilegesOf(PredefinedRole.readAllStats) || (role !== undefined && session.hasPrivilegesOf(role.oid));
    },
    progress: () => progressOf(session.database.places),
    locks: () => allLocks(session),
    accessRules: () => session.database.server.accessRuleLines().map(accessRuleFacts),
    *preparedTransactions(): Iterable<PreparedTransactionFacts> {
      yield* session.database.native.locks.prepared(session.database.engine);
    },
  };
}
