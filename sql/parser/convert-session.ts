/** Transactions, settings, COPY, EXPLAIN, prepared statements, cursors, VACUUM. */
import type { CopyOptions, TransactionAction } from "../../src/plan/index.js";
import { DbError, encodingNumber, featureNotSupported, invalidParameterValue, notSupported, syntaxError } from "../../src/types/index.js";
import { optionText } from "./convert-definition.js";
import { convertExpression } from "./convert-expression.js";
import { convertModification, convertQuery } from "./convert-query.js";
import { convertStatement } from "./convert-statement.js";
import { type Converter, convertRelationName, convertTypeName } from "./converter.js";
import { bodyOf, child, flag, kindOf, list, optionalText, type RawNode, strings, text } from "./raw.js";
import type { DefinitionStatement, TransactionModes } from "./syntax-tree-definition.js";

const TRANSACTIONS: Readonly<Record<string, readonly [action: TransactionAction, tag: string]>> = {
  TRANS_STMT_BEGIN: ["begin", "BEGIN"],
  TRANS_STMT_START: ["begin", "START TRANSACTION"],
  TRANS_STMT_COMMIT: ["commit", "COMMIT"],
  TRANS_STMT_ROLLBACK: ["rollback", "ROLLBACK"],
  TRANS_STMT_SAVEPOINT: ["savepoint", "SAVEPOINT"],
  TRANS_STMT_RELEASE: ["release", "RELEASE"],
  TRANS_STMT_ROLLBACK_TO: ["rollbackTo", "ROLLBACK"],
  TRANS_STMT_PREPARE: ["prepare", "PREPARE TRANSACTION"],
  TRANS_STMT_COMMIT_PREPARED: ["commitPrepared", "COMMIT PREPARED"],
  TRANS_STMT_ROLLBACK_PREPARED: ["rollbackPrepared", "ROLLBACK PREPARED"],
};
export const transactionActionOf = (raw: RawNode) => TRANSACTIONS[text(raw, "kind")]?.[0];

export function convertTransaction(raw: RawNode): DefinitionStatement {
  const found = TRANSACTIONS[text(raw, "kind")];
  if (found === undefined) throw notSupported("this transaction command");
  return {
    kind: "Transaction",
    action: found[0],
    tag: found[1],
    savepoint: optionalText(raw, "savepoint_name") ?? optionalText(raw, "gid"),
    modes: convertModes(list(raw, "options")),
    chain: flag(raw, "chain"),
  };
}
function convertModes(options: readonly RawNode[]): TransactionModes {
  const modes: { -readonly [Key in keyof TransactionModes]: TransactionModes[Key] } = {};
  for (const option of options) {
    const body = bodyOf(option);
    const arg = child(body, "arg");
    const value = arg === undefined ? "" : constantText(arg);
    switch (body.defname) {
      case "transaction_isolation":
        modes.isolation = value as NonNullable<TransactionModes["isolation"]>;
        break;
      case "transaction_read_only":
        modes.readOnly = value === "1";
        break;
      case "transaction_deferrable":
        modes.deferrable = value === "1";
        break;
    }
  }
  return modes;
}
function constantText(wrapped: RawNode): string {
  const body = bodyOf(wrapped);
  if (kindOf(wrapped) !== "A_Const") return optionText(wrapped);
  if (body.ival !== undefined) return String((body.ival as RawNode).ival ?? 0);
  if (body.sval !== undefined) return text(body.sval as RawNode, "sval");
  if (body.fval !== undefined) return text(body.fval as RawNode, "fval");
  if (body.boolval !== undefined) return String(flag(body.boolval as RawNode, "boolval"));
  return "";
}

export function convertSet(converter: Converter, raw: RawNode): DefinitionStatement {
  const name = text(raw, "name");
  const local = flag(raw, "is_local");
  switch (raw.kind) {
    case "VAR_RESET":
      return { kind: "Set", name, values: null, local: false, isReset: true };
    case "VAR_RESET_ALL":
      return { kind: "Set", name: "all", values: null, local: false, isReset: true };
    case "VAR_SET_DEFAULT":
      return { kind: "Set", name, values: null, local, isReset: false };
    case "VAR_SET_MULTI":
      if (name === "TRANSACTION SNAPSHOT") {
        if (local) throw featureNotSupported("SET LOCAL TRANSACTION SNAPSHOT is not implemented");
        return { kind: "SetTransactionSnapshot", snapshot: constantText(list(raw, "args")[0]!) };
      }
      return { kind: "SetTransaction", session: name === "SESSION CHARACTERISTICS", modes: convertModes(list(raw, "args")) };
    case "VAR_SET_CURRENT":
      throw notSupported("SET FROM CURRENT");
    default:
      return { kind: "Set", name, values: list(raw, "args").map((item) => settingText(converter, item)), local, isReset: false };
  }
}
/** SET TIME ZONE takes INTERVAL '…' HOUR TO MINUTE as well as a name or a number. */
function settingText(converter: Converter, wrapped: RawNode): string {
  if (kindOf(wrapped) === "TypeCast") return constantText(child(bodyOf(wrapped), "arg")!);
  if (kindOf(wrapped) === "A_Const") return constantText(wrapped);
  throw syntaxError("SET takes constants only", converter.position(bodyOf(wrapped)));
}

export function convertExplain(converter: Converter, raw: RawNode): DefinitionStatement {
  const options = list(raw, "options").map((item) => {
    const body = bodyOf(item);
    const arg = child(body, "arg");
    return { name: text(body, "defname"), value: arg === undefined ? undefined : optionText(arg), position: converter.position(body) };
  });
  return { kind: "Explain", statement: convertStatement(converter, child(raw, "query")!), options };
}

/** The inner statement's own text: what follows the first AS, which neither the name nor the types can hold. */
export function convertPrepare(converter: Converter, raw: RawNode): DefinitionStatement {
  const name = text(raw, "name");
  const match = /\bprepare\s+(?:"(?:[^"]|"")*"|[^\s(]+)\s*(?:\([\s\S]*?\)\s*)?as\b/i.exec(converter.source);
  if (match === null) throw syntaxError("cannot find the statement to prepare");
  const start = match.index + match[0].length;
  const rest = converter.source.slice(start);
  return {
    kind: "Prepare",
    name,
    types: list(raw, "argtypes").map((item) => convertTypeName(converter, bodyOf(item))),
    text: rest.replace(/;\s*$/, "").trim(),
  };
}

export function convertFetch(raw: RawNode): DefinitionStatement {
  const direction = text(raw, "direction").replace("FETCH_", "").toLowerCase();
  const count = (raw.howMany as number | string | undefined) ?? 0;
  const isAll = Math.abs(Number(count)) >= Number.MAX_SAFE_INTEGER || Number(count) === 0x7fffffff;
  return {
    kind: "Fetch",
    cursor: text(raw, "portalname"),
    direction:
      direction === "backward" ? "backward" : direction === "absolute" ? "absolute" : direction === "relative" ? "relative" : "forward",
    count: isAll ? "all" : Number(count),
    move: flag(raw, "ismove"),
  };
}

export function convertVacuum(converter: Converter, raw: RawNode): DefinitionStatement {
  const isVacuum = flag(raw, "is_vacuumcmd");
  const given = new Map<string, string>();
  for (const item of list(raw, "options")) {
    const body = bodyOf(item);
    const name = text(body, "defname");
    const known = isVacuum ? VACUUM_OPTIONS.has(name) : ANALYZE_OPTIONS.has(name);
    if (!known) throw syntaxError(`unrecognized ${isVacuum ? "VACUUM" : "ANALYZE"} option "${name}"`, converter.position(body));
    given.set(name, optionText(child(body, "arg")).toLowerCase());
  }
  const isOn = (name: string): boolean => given.has(name) && !["false", "off", "0"].includes(given.get(name) as string);
  for (const [name, value] of given)
    if (name === "parallel" && !(Number(value) >= 0 && Number(value) <= 1024))
      throw syntaxError(
        value === "true" ? "parallel option requires a value between 0 and 1024" : "parallel workers for vacuum must be between 0 and 1024",
      );
  if (isOn("full") && isOn("parallel") && Number(given.get("parallel")) > 0)
    throw featureNotSupported("VACUUM FULL cannot be performed in parallel");
  if (isOn("full") && isOn("disable_page_skipping"))
    throw featureNotSupported("VACUUM option DISABLE_PAGE_SKIPPING cannot be used with FULL");
  const analyze =
    !isVacuum ||
    list(raw, "options").some((item) => bodyOf(item).defname === "analyze" && optionText(child(bodyOf(item), "arg")) !== "false");
  const columns = list(raw, "rels").map((item) => strings(bodyOf(item), "va_cols"));
  if (isVacuum && !analyze && columns.some((names) => names.length > 0))
    throw featureNotSupported("ANALYZE option must be specified when a column list is provided");
  return {
    kind: "Vacuum",
    columns,
    relations: list(raw, "rels").map((item) => convertRelationName(converter, child(bodyOf(item), "relation")!)),
    isVacuum,
    analyze,
  };
}

const ANALYZE_OPTIONS = new Set(["verbose", "skip_locked"]);
const VACUUM_OPTIONS = new Set([
  "full", "freeze", "verbose", "analyze", "disable_page_skipping", "skip_locked", "index_cleanup", "process_toast", "truncate", "parallel",
]); // biome-ignore format: a list

// ---- COPY

export function convertCopy(converter: Converter, raw: RawNode): DefinitionStatement {
  if (flag(raw, "is_program")) throw notSupported("COPY PROGRAM");
  const query = child(raw, "query");
  const where = child(raw, "whereClause");
  const relation = child(raw, "relation");
  const isFrom = flag(raw, "is_from");
  return {
    kind: "Copy",
    file: optionalText(raw, "filename"),
    direction: isFrom ? "from" : "to",
    relation: relation === undefined ? undefined : convertRelationName(converter, relation),
    columns: strings(raw, "attlist"),
    query:
      query === undefined
        ? undefined
        : kindOf(query) === "SelectStmt"
          ? convertQuery(converter, query)
          : convertModification(converter, query),
    options: convertCopyOptions(converter, list(raw, "options"), isFrom),
    where: where === undefined ? undefined : convertExpression(converter, where),
  };
}

function booleanOption(name: string, arg: RawNode | undefined): boolean {
  if (arg === undefined) return true;
  const value = optionText(arg).toLowerCase();
  if (value === "true" || value === "on" || value === "1") return true;
  if (value === "false" || value === "off" || value === "0") return false;
  throw syntaxError(`${name} requires a Boolean value`);
}
function columnList(arg: RawNode | undefined): readonly string[] | "*" {
  if (arg === undefined || kindOf(arg) === "A_Star") return "*";
  return list(bodyOf(arg), "items").map((item) => text(bodyOf(item), "sval"));
}

/** ProcessCopyOptions: the checks in PostgreSQL's order. */
function convertCopyOptions(converter: Converter, items: readonly RawNode[], isFrom: boolean): CopyOptions {
  const given = new Map<string, RawNode | undefined>();
  for (const item of items) {
    const body = bodyOf(item);
    const name = text(body, "defname");
    if (given.has(name)) throw syntaxError("conflicting or redundant options", converter.position(body));
    given.set(name, child(body, "arg"));
    if (!COPY_OPTIONS.has(name)) throw syntaxError(`option "${name}" not recognized`, converter.position(body));
    if (name === "encoding" && encodingNumber(optionText(given.get(name))) < 0)
      throw invalidParameterValue('argument to option "encoding" must be a valid encoding name', converter.position(body));
  }
  const textOf = (name: string): string | undefined => (given.get(name) === undefined ? undefined : optionText(given.get(name)));
  const format = textOf("format") ?? "text";
  if (format !== "text" && format !== "csv" && format !== "binary") throw invalidParameterValue(`COPY format "${format}" not recognized`);
  const isCsv = format === "csv";
  const refuse = (name: string, message: string): void => {
    if (given.has(name)) throw featureNotSupported(message);
  };
  if (format === "binary") {
    for (const name of ["delimiter", "null"]) if (given.has(name)) throw syntaxError(`cannot specify ${name.toUpperCase()} in BINARY mode`);
  }
  if (!isCsv) {
    refuse("quote", "COPY quote available only in CSV mode");
    refuse("escape", "COPY escape available only in CSV mode");
    refuse("force_quote", "COPY force quote available only in CSV mode");
    refuse("force_not_null", "COPY force not null available only in CSV mode");
    refuse("force_null", "COPY force null available only in CSV mode");
  }
  if (given.has("force_quote") && isFrom) throw featureNotSupported("COPY force quote only available using COPY TO");
  if (given.has("force_not_null") && !isFrom) throw featureNotSupported("COPY force not null only available using COPY FROM");
  if (given.has("force_null") && !isFrom) throw featureNotSupported("COPY force null only available using COPY FROM");
  const delimiter = textOf("delimiter") ?? (isCsv ? "," : "\t");
  if (Buffer.byteLength(delimiter) !== 1) throw featureNotSupported("COPY delimiter must be a single one-byte character");
  // Characters that a backslash gives another meaning.
  if (!isCsv && "\\.abcdefghijklmnopqrstuvwxyz0123456789".includes(delimiter))
    throw invalidParameterValue(`COPY delimiter cannot be "${delimiter}"`);
  if (delimiter === "\n" || delimiter === "\r") throw invalidParameterValue("COPY delimiter cannot be newline or carriage return");
  if (/[\r\n]/.test(textOf("null") ?? "")) throw invalidParameterValue("COPY null representation cannot use newline or carriage return");
  const quote = textOf("quote") ?? '"';
  if (isCsv && Buffer.byteLength(quote) !== 1) throw featureNotSupported("COPY quote must be a single one-byte character");
  if (isCsv && delimiter === quote) throw invalidParameterValue("COPY delimiter and quote must be different");
  const nullText = textOf("null");
  if (nullText?.includes(delimiter) === true) throw featureNotSupported("COPY delimiter must not appear in the NULL specification");
  if (isCsv && nullText?.includes(quote) === true)
    throw featureNotSupported("CSV quote character must not appear in the NULL specification");
  const escapeCharacter = textOf("escape") ?? quote;
  if (isCsv && Buffer.byteLength(escapeCharacter) !== 1) throw featureNotSupported("COPY escape must be a single one-byte character");
  const headerText = given.has("header") ? (given.get(`header`) === undefined ? "true" : textOf("header")!.toLowerCase()) : "false";
  const header =
    headerText === "match" ? "match" : booleanOption("header", given.has("header") ? given.get("header") : { Boolean: { boolval: false } });
  if (header === "match" && !isFrom) throw featureNotSupported('cannot use "match" with HEADER in COPY TO');
  if (format === "binary" && header !== false) throw featureNotSupported("cannot specify HEADER in BINARY mode");
  if (given.has("freeze") && !isFrom && booleanOption("freeze", given.get("freeze")))
    throw new DbError({ sqlstate: "0A000", message: "COPY freeze only available using COPY FROM" });
  const encoding = textOf("encoding");
  const names = (name: string): readonly string[] | "*" => (given.has(name) ? columnList(given.get(name)) : []);
  const listed = (name: string): readonly string[] => {
    const value = names(name);
    if (value === "*") throw notSupported(`${name.toUpperCase()} *`);
    return value;
  };
  return {
    format,
    delimiter,
    nullText: textOf("null") ?? (isCsv ? "" : "\\N"),
    header,
    quote,
    escape: escapeCharacter,
    forceQuote: names("force_quote"),
    forceNotNull: listed("force_not_null"),
    forceNull: listed("force_null"),
    ...(encoding === undefined ? {} : { encoding }),
  };
}
const COPY_OPTIONS = new Set([
  "format",
  "freeze",
  "delimiter",
  "null",
  "header",
  "quote",
  "escape",
  "force_quote",
  "force_not_null",
  "force_null",
  "encoding",
]);
