/** Objects that users define beside relations: types, functions, operators, casts, memberships, privileges. */
import type { CollationReference, Oid } from "../types/index.js";

/** One entry of an access control list; `grantee` 0 is PUBLIC. `*` after a letter: with grant option (`arwd*`). */
export interface AclItem {
  readonly grantee: Oid;
  readonly grantor: Oid;
  /** PostgreSQL's letters in its order: arwdDxtXUCTc. */
  readonly privileges: string;
}

export interface EnumLabel {
  readonly oid: Oid;
  readonly label: string;
  /** enumsortorder, which is also how a value is stored: labels order as their numbers do. */
  readonly order: number;
}
export interface DomainCheck {
  readonly oid: Oid;
  readonly name: string;
  readonly sql: string;
  readonly validated: boolean;
}
/** An attribute of a composite type; dropped ones stay, so that stored values keep their meaning. */
export interface CompositeAttribute {
  readonly number: number;
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly dropped: boolean;
  readonly collation?: CollationReference;
}

interface TypeBase {
  readonly class: "type";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  /** 0: none (a shell). */
  readonly arrayOid: Oid;
  readonly arrayName: string;
  readonly acl?: readonly AclItem[];
}
export type TypeObject = TypeBase &
  (
    | { readonly kind: "shell" }
    | { readonly kind: "enum"; readonly labels: readonly EnumLabel[] }
    | {
        readonly kind: "domain";
        readonly base: Oid;
        readonly typmod: number;
        readonly notNull: boolean;
        readonly defaultSql?: string;
        readonly checks: readonly DomainCheck[];
        readonly collation?: CollationReference;
      }
    | { readonly kind: "composite"; readonly attributes: readonly CompositeAttribute[] }
    | {
        readonly kind: "range";
        readonly subtype: Oid;
        readonly collation?: CollationReference;
        /** Functions: OIDs; 0 none. */
        readonly canonical: Oid;
        readonly difference: Oid;
        readonly multirange: { readonly oid: Oid; readonly name: string; readonly arrayOid: Oid; readonly arrayName: string };
      }
  );
export type EnumObject = Extract<TypeObject, { kind: "enum" }>;
export type DomainObject = Extract<TypeObject, { kind: "domain" }>;
export type CompositeObject = Extract<TypeObject, { kind: "composite" }>;
export type RangeObject = Extract<TypeObject, { kind: "range" }>;

export interface FunctionParameter {
  readonly mode: "in" | "out" | "inout" | "variadic" | "table";
  readonly name: string; // empty: none
  readonly type: Oid;
  readonly defaultSql?: string;
}
export interface FunctionObject {
  readonly class: "function";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly kind: "function" | "procedure" | "aggregate";
  readonly parameters: readonly FunctionParameter[];
  readonly returnType: Oid;
  readonly returnsSet: boolean;
  readonly strict: boolean;
  readonly volatility: "immutable" | "stable" | "volatile";
  readonly leakproof: boolean;
  readonly securityDefiner: boolean;
  readonly parallel: "safe" | "restricted" | "unsafe";
  readonly cost: number;
  readonly rows: number;
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  readonly acl?: readonly AclItem[];
  /**
   * `sql`: the statements' text, bound when it runs. `atomic`: BEGIN ATOMIC or RETURN, bound when it was defined.
   * `internal`: the id of a built-in function with the same argument types.
   */
  readonly body:
    | { readonly language: "sql"; readonly source: string; readonly atomic: boolean; readonly dependsOn: readonly Oid[] }
    | { readonly language: "internal"; readonly source: string; readonly functionId: string }
    | {
        readonly language: "aggregate";
        readonly aggregateKind: "normal" | "ordered" | "hypothetical";
        readonly directArguments: number;
        readonly step: string; // function id
        readonly stepOid: Oid;
        readonly stateType: Oid;
        readonly final?: string;
        readonly finalOid?: Oid;
        readonly finalExtra: boolean;
        readonly combine?: Oid;
        /** MSFUNC and its kin, which PostgreSQL needs for moving frames: kept to be shown. */
        readonly moving?: {
          readonly step: Oid;
          readonly inverse: Oid;
          readonly final?: Oid;
          readonly stateType: Oid;
          readonly initial?: string;
        };
        readonly initial?: string;
        readonly sortOperator?: Oid;
      };
}
export interface OperatorObject {
  readonly class: "operator";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly left: Oid; // 0: prefix
  readonly right: Oid;
  readonly result: Oid;
  readonly functionId: string;
  readonly functionOid: Oid;
  readonly commutator: Oid;
  readonly negator: Oid;
  readonly hashes: boolean;
  readonly merges: boolean;
  readonly restrict: string;
  readonly join: string;
}
export interface CastObject {
  readonly class: "cast";
  readonly oid: Oid;
  readonly source: Oid;
  readonly target: Oid;
  readonly context: "implicit" | "assignment" | "explicit";
  readonly method: "function" | "binary" | "inout";
  readonly functionId?: string;
  readonly functionOid?: Oid;
}
/** GRANT role TO member. */
export interface MembershipObject {
  readonly class: "membership";
  readonly oid: Oid;
  readonly role: Oid;
  readonly member: Oid;
  readonly grantor: Oid;
  readonly admin: boolean;
}
/** ALTER DEFAULT PRIVILEGES: what new objects of `owner` get; `schema` 0: everywhere. */
export interface DefaultPrivilegesObject {
  readonly class: "defaultPrivileges";
  readonly oid: Oid;
  readonly owner: Oid;
  readonly schema: Oid;
  readonly objects: "r" | "S" | "f" | "T" | "n";
  readonly acl: readonly AclItem[];
}
/** CREATE COLLATION, and PostgreSQL's own (src/catalog/collations.ts). */
export interface CollationObject {
  readonly class: "collation";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  /** default: the database's; libc: by bytes. */
  readonly provider: "default" | "libc" | "icu";
  /** False: texts that the locale holds equal are equal. */
  readonly deterministic: boolean;
  readonly encoding: number;
  readonly collate?: string;
  readonly ctype?: string;
  readonly icuLocale?: string;
  /** Of the order, when it was made or refreshed; built-in ones: that of the process. */
  readonly version?: string;
}
/** CREATE POLICY: which rows of a table its roles may see and write. */
export interface PolicyObject {
  readonly class: "policy";
  readonly oid: Oid;
  readonly name: string;
  readonly table: Oid;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly permissive: boolean;
  /** 0: PUBLIC. */
  readonly roles: readonly Oid[];
  readonly usingSql?: string;
  readonly checkSql?: string;
  /** Relations that subqueries of the conditions read. */
  readonly dependsOn: readonly Oid[];
}
/** CREATE STATISTICS. A fact: the planner does not read it. */
export interface StatisticsObject {
  readonly class: "statistics";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly table: Oid;
  /** stxkind: d ndistinct, f dependencies, m mcv, e expressions. */
  readonly kinds: string;
  /** Columns in order of their numbers. */
  readonly attributes: readonly number[];
  readonly expressions: readonly string[];
  readonly target: number;
}
export type UserObject =
  | CollationObject
  | TypeObject
  | FunctionObject
  | OperatorObject
  | CastObject
  | MembershipObject
  | DefaultPrivilegesObject
  | PolicyObject
  | StatisticsObject;
