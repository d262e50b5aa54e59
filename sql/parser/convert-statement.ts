/** Which conversion a statement needs; what has none is refused by its name. */
import { DbError, featureNotSupported, invalidParameterValue, notSupported } from "../../src/types/index.js";
import { convertCatalogStatement } from "./convert-catalog.js";
import {
  convertAlterTable,
  convertCreateTable,
  convertCreateTableAs,
  convertIndex,
  convertSequence,
  optionText,
  roleName,
} from "./convert-definition.js";
import { convertExpression } from "./convert-expression.js";
import { convertDrop, convertRename, convertRole, convertSetSchema } from "./convert-object.js";
import { convertModification, convertQuery } from "./convert-query.js";
import {
  convertCopy,
  convertExplain,
  convertFetch,
  convertPrepare,
  convertSet,
  convertTransaction,
  convertVacuum,
} from "./convert-session.js";
import { convertStorageOptions } from "./convert-table.js";
import { type Converter, convertRelationName } from "./converter.js";
import { SyntaxTree } from "./parse.js";
import { bodyOf, child, flag, integer, kindOf, list, optionalText, type RawNode, stringOf, strings, text } from "./raw.js";
import type { Statement } from "./syntax-tree.js";

export function convertStatement(converter: Converter, wrapped: RawNode): Statement {
  const raw = bodyOf(wrapped);
  const kind = kindOf(wrapped);
  const aboutCatalog = convertCatalogStatement(converter, kind, raw);
  if (aboutCatalog !== undefined) return aboutCatalog;
  switch (kind) {
    case "SelectStmt": {
      const query = convertQuery(converter, wrapped);
      if (query.kind === "Select" && query.into !== undefined) {
        return {
          kind: "CreateTableAs",
          relation: query.into,
          columnNames: [],
          query: { ...query, into: undefined },
          ifNotExists: false,
          withData: true,
          tag: "SELECT INTO",
          onCommit: undefined,
          options: {},
          materialized: false,
          execute: undefined,
        };
      }
      return { kind: "Query", query };
    }
    case "InsertStmt":
    case "UpdateStmt":
    case "DeleteStmt":
    case "MergeStmt":
      return convertModification(converter, wrapped);
    case "CreateStmt":
      return convertCreateTable(converter, raw);
    case "CreateTableAsStmt":
      return convertCreateTableAs(converter, raw);
    case "AlterTableStmt":
      return convertAlterTable(converter, raw);
    case "RenameStmt":
      return convertRename(converter, raw);
    case "AlterObjectSchemaStmt":
      return convertSetSchema(raw);
    case "DropStmt":
      return convertDrop(raw);
    case "IndexStmt":
      return convertIndex(converter, raw);
    case "ViewStmt": {
      const relation = convertRelationName(converter, child(raw, "view")!);
      const { check_option: written, ...options } = convertStorageOptions(list(raw, "options"));
      if (written !== undefined && written !== "local" && written !== "cascaded")
        throw invalidParameterValue(`invalid value for enum option "check_option": ${written}`, undefined);
      const clause = raw.withCheckOption;
      return {
        kind: "CreateView",
        relation,
        columnNames: strings(raw, "aliases"),
        query: convertQuery(converter, withoutInto(child(raw, "query")!)),
        replace: flag(raw, "replace"),
        checkOption: clause === "LOCAL_CHECK_OPTION" ? "local" : clause === "CASCADED_CHECK_OPTION" ? "cascaded" : written,
        options,
      };
    }
    case "CreateSeqStmt":
    case "AlterSeqStmt":
      return convertSequence(converter, raw, kind === "CreateSeqStmt");
    case "CreateSchemaStmt": {
      const role = child(raw, "authrole");
      const authorization = role === undefined ? undefined : roleName(role);
      return {
        kind: "CreateSchema",
        name: optionalText(raw, "schemaname") ?? authorization ?? "",
        ifNotExists: flag(raw, "if_not_exists"),
        authorization,
        // Bound one by one when they run: each may refer to those before it.
        elements: list(raw, "schemaElts").map((item) => new SyntaxTree(item, converter)),
      };
    }
    case "CreateExtensionStmt": {
      const options = new Map(list(raw, "options").map((item) => [text(bodyOf(item), "defname"), child(bodyOf(item), "arg")]));
      const schema = options.get("schema");
      return {
        kind: "CreateExtension",
        name: text(raw, "extname"),
        schema: schema === undefined ? undefined : stringOf(schema),
        ifNotExists: flag(raw, "if_not_exists"),
      };
    }
    case "CreateRoleStmt":
    case "AlterRoleStmt":
    case "DropRoleStmt":
      return convertRole(kind, raw);
    case "TruncateStmt":
      return {
        kind: "Truncate",
        relations: list(raw, "relations").map((item) => convertRelationName(converter, bodyOf(item))),
        restartIdentity: flag(raw, "restart_seqs"),
        cascade: raw.behavior === "DROP_CASCADE",
      };
    case "CopyStmt":
      return convertCopy(converter, raw);
    case "TransactionStmt":
      return convertTransaction(raw);
    case "VariableSetStmt":
      return convertSet(converter, raw);
    case "VariableShowStmt":
      return { kind: "Show", name: text(raw, "name") };
    case "ExplainStmt":
      return convertExplain(converter, raw);
    case "PrepareStmt":
      return convertPrepare(converter, raw);
    case "ExecuteStmt":
      return { kind: "Execute", name: text(raw, "name"), args: list(raw, "params").map((item) => convertExpression(converter, item)) };
    case "DeallocateStmt":
      return { kind: "Deallocate", name: optionalText(raw, "name") };
    case "DiscardStmt": {
      const what = text(raw, "target").replace("DISCARD_", "").toLowerCase();
      return { kind: "Discard", what: what === "plans" ? "plans" : what === "sequences" ? "sequences" : what === "temp" ? "temp" : "all" };
    }
    case "DeclareCursorStmt": {
      const options = integer(raw, "options");
      const query = convertQuery(converter, child(raw, "query")!);
      // CURSOR_OPT_BINARY 1, SCROLL 2, NO_SCROLL 4, INSENSITIVE 8, ASENSITIVE 16, HOLD 32.
      return {
        kind: "DeclareCursor",
        name: text(raw, "portalname"),
        query,
        conflict: (options & 6) === 6 ? "SCROLL and NO SCROLL" : (options & 24) === 24 ? "ASENSITIVE and INSENSITIVE" : undefined,
        insensitive: (options & 8) !== 0,
        scroll: options & 2 ? true : options & 4 ? false : undefined,
        hold: (options & 32) !== 0,
        binary: (options & 1) !== 0,
      };
    }
    case "FetchStmt":
      return convertFetch(raw);
    case "ClosePortalStmt":
      return { kind: "ClosePortal", name: optionalText(raw, "portalname") };
    case "ListenStmt":
      return { kind: "Listen", channel: text(raw, "conditionname") };
    case "UnlistenStmt":
      return { kind: "Unlisten", channel: optionalText(raw, "conditionname") };
    case "NotifyStmt":
      return { kind: "Notify", channel: text(raw, "conditionname"), payload: text(raw, "payload") };
    case "LockStmt":
      return {
        kind: "LockTable",
        relations: list(raw, "relations").map((item) => convertRelationName(converter, bodyOf(item))),
        mode: LOCK_MODES[integer(raw, "mode")] ?? "ACCESS EXCLUSIVE",
        nowait: flag(raw, "nowait"),
      };
    case "ConstraintsSetStmt":
      return {
        kind: "SetConstraints",
        names: list(raw, "constraints").map((item) => convertRelationName(converter, bodyOf(item))),
        deferred: flag(raw, "deferred"),
      };
    case "VacuumStmt":
      return convertVacuum(converter, raw);
    case "ReindexStmt": {
      const object = text(raw, "kind").replace("REINDEX_OBJECT_", "").toLowerCase();
      const relation = child(raw, "relation");
      const name =
        relation === undefined
          ? [optionalText(raw, "name") ?? ""]
          : [optionalText(relation, "schemaname"), text(relation, "relname")].filter((part) => part !== undefined);
      if (object !== "index" && object !== "table" && object !== "schema" && object !== "database" && object !== "system")
        throw notSupported(`REINDEX ${object.toUpperCase()}`);
      const options = new Map(list(raw, "params").map((item) => [text(bodyOf(item), "defname"), optionText(child(bodyOf(item), "arg"))]));
      for (const [option, value] of options) {
        if (option !== "verbose" && option !== "concurrently" && option !== "tablespace")
          throw new DbError({ sqlstate: "42601", message: `unrecognized REINDEX option "${option}"` });
        if (option === "tablespace" && value !== "pg_default")
          throw new DbError({ sqlstate: "42704", message: `tablespace "${value}" does not exist` });
      }
      const concurrently = options.get("concurrently") ?? "false";
      return { kind: "Reindex", object, name, concurrently: !["false", "off", "0"].includes(concurrently) };
    }
    case "RefreshMatViewStmt":
      return {
        kind: "RefreshMaterialized",
        relation: convertRelationName(converter, child(raw, "relation")!),
        concurrently: flag(raw, "concurrent"),
        withData: !flag(raw, "skipData"),
      };
    case "ClusterStmt": {
      const relation = child(raw, "relation");
      for (const item of list(raw, "params")) {
        const option = text(bodyOf(item), "defname");
        if (option !== "verbose") throw new DbError({ sqlstate: "42601", message: `unrecognized CLUSTER option "${option}"` });
      }
      return {
        kind: "Cluster",
        relation: relation === undefined ? undefined : convertRelationName(converter, relation),
        index: optionalText(raw, "indexname"),
      };
    }
    case "CheckPointStmt":
      return { kind: "Checkpoint" };
    default:
      throw notSupported(
        STATEMENT_NAMES[kind] ??
          kind
            .replace(/Stmt$/, "")
            .replace(/([a-z])([A-Z])/g, "$1 $2")
            .toUpperCase(),
      );
  }
}

function withoutInto(query: RawNode): RawNode {
  if (bodyOf(query).intoClause !== undefined) throw featureNotSupported("views must not contain SELECT INTO");
  return query;
}

const LOCK_MODES: Readonly<Record<number, string>> = {
  1: "ACCESS SHARE", 2: "ROW SHARE", 3: "ROW EXCLUSIVE", 4: "SHARE UPDATE EXCLUSIVE", 5: "SHARE", 6: "SHARE ROW EXCLUSIVE", 7: "EXCLUSIVE", 8: "ACCESS EXCLUSIVE",
}; // biome-ignore format: a table

/** Names of statements that are refused, where the node's own name does not say it. */
const STATEMENT_NAMES: Readonly<Record<string, string>> = {
  CreateTrigStmt: "CREATE TRIGGER",
  CreateEventTrigStmt: "CREATE EVENT TRIGGER",
  CreatePLangStmt: "CREATE LANGUAGE",
  CreateOpClassStmt: "CREATE OPERATOR CLASS",
  CreateOpFamilyStmt: "CREATE OPERATOR FAMILY",
  CreateConversionStmt: "CREATE CONVERSION",
  CreateTransformStmt: "CREATE TRANSFORM",
  CreateAmStmt: "CREATE ACCESS METHOD",
  CreateForeignTableStmt: "CREATE FOREIGN TABLE",
  CreateForeignServerStmt: "CREATE SERVER",
  CreateFdwStmt: "CREATE FOREIGN DATA WRAPPER",
  CreateUserMappingStmt: "CREATE USER MAPPING",
  ImportForeignSchemaStmt: "IMPORT FOREIGN SCHEMA",
  CreateTableSpaceStmt: "CREATE TABLESPACE",
  CreatedbStmt: "CREATE DATABASE",
  DropdbStmt: "DROP DATABASE",
  AlterDatabaseStmt: "ALTER DATABASE",
  AlterSystemStmt: "ALTER SYSTEM",
  AlterExtensionStmt: "ALTER EXTENSION",
  CreatePublicationStmt: "CREATE PUBLICATION",
  CreateSubscriptionStmt: "CREATE SUBSCRIPTION",
  RuleStmt: "CREATE RULE",
  DoStmt: "DO",
  SecLabelStmt: "SECURITY LABEL",
  LoadStmt: "LOAD",
};
