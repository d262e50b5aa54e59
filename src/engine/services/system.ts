/** The running engine as pg_catalog shows it. */
import type { CursorFacts, PreparedFacts, SessionCatalogReader, SessionFacts, SystemService } from "../../catalog/index.js";
import { availableExtensions } from "../commands/create-schema.js";
import { fromStoredSql } from "../commands/stored-sql.js";
import { partitionBoundText } from "../partition-text.js";
import type { EngineSession } from "../session.js";
import { settingDefinitions } from "../settings/definitions.js";
import { catalogService } from "./catalog.js";

export function systemService(session: EngineSession, catalog: SessionCatalogReader): SystemService {
  const { native, engine } = session.database;
  const names = catalogService(session, catalog);
  return {
    extensions: availableExtensions,
    rowCount: (storage) => native.storage.rowCountEstimate(engine, storage),
    relationBytes: (storage) => Math.max(0, native.storage.relationBytes(engine, storage)),
    vectorIndex: (storage) => native.vector.indexFacts(engine, storage) ?? undefined,
    lastValue: (oid) => {
      const sequence = catalog.relationByOid(oid);
      if (sequence?.class !== "sequence") return null;
      const { lastValue, isCalled } = native.storage.readSequence(engine, sequence.storage);
      return isCalled ? (Number.isSafeInteger(Number(lastValue)) ? Number(lastValue) : lastValue) : null;
    },
    printStored: (sql) => fromStoredSql(sql, (oid) => names.relationName(oid)),
    printBound: (oid) => partitionBoundText(catalog, oid, (type) => session.typeOf(type)),
    *settings() {
      for (const d of settingDefinitions) {
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
    },
    *preparedStatements(): Iterable<PreparedFacts> {
      for (const [name, prepared] of session.preparedByName) {
        const { source, preparedMicros } = prepared;
        if (source === undefined) continue;
        yield { name, statement: source, preparedMicros, parameterTypes: prepared.parameterTypes, isFromSql: true };
      }
    },
    *sessions(): Iterable<SessionFacts> {
      for (const other of session.database.sessions.values()) {
        const block = other.block;
        yield {
          processId: other.id,
          user: other.user,
          database: other.databaseName,
          applicationName: other.settings.raw("application_name") ?? "",
          startedMicros: other.startedMicros,
          transactionMicros: block?.startMicros ?? (other === session ? other.statementStartMicros : null),
          queryMicros: other.statementStartMicros === 0 ? null : other.statementStartMicros,
          state:
            other === session
              ? "active"
              : other.transactionStatus === "idle"
                ? "idle"
                : other.transactionStatus === "failed"
                  ? "idle in transaction (aborted)"
                  : "idle in transaction",
          query: other.currentQuery,
          xid: block !== undefined && block.xid !== 0 ? block.xid : null,
        };
      }
    },
  };
}
