/** Commands about types, functions, operators, casts, roles and privileges. Types are resolved; everything else is found when they run. */
import type { CollationReference, Oid } from "../types/index.js";
import type { QualifiedName, RoleOptions, StoredExpression, TypeReference } from "./command.js";

/**
 * An object by its kind and name. `args`: of functions, aggregates and operators (0: NONE of an operator), or the two types of a cast;
 * absent: the name alone must be enough. `missingType`: an argument type that does not exist, for IF EXISTS.
 */
export interface ObjectReference {
  readonly kind: string;
  readonly name: QualifiedName;
  readonly args?: readonly Oid[];
  readonly missingType?: string;
  /** The argument types as they were written, for notices. */
  readonly argNames?: readonly string[];
  /** Constraint of a domain or table, column, attribute. */
  readonly part?: string;
}

/** A role as a statement names it. */
export interface RoleReference {
  readonly kind: "name" | "public" | "currentUser" | "sessionUser";
  readonly name: string;
}

/** A policy's condition as it is kept, and the relations that its subqueries read. */
export interface StoredCondition {
  readonly sql: string;
  readonly dependsOn: readonly Oid[];
}
export interface DomainConstraint {
  readonly kind: "check" | "notNull" | "null" | "default";
  readonly name?: string;
  readonly sql?: string;
  readonly notValid?: boolean;
}
export interface TypeAttribute {
  readonly name: string;
  readonly type: TypeReference;
  readonly collation?: CollationReference;
}
export type AlterTypeAction =
  | { readonly kind: "add"; readonly attribute: TypeAttribute; readonly cascade: boolean }
  | { readonly kind: "drop"; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | { readonly kind: "retype"; readonly attribute: TypeAttribute; readonly cascade: boolean };

export interface RoutineParameter {
  readonly mode: "in" | "out" | "inout" | "variadic" | "table";
  readonly name: string;
  readonly type: Oid;
  readonly defaultSql?: string;
}
export interface RoutineFacts {
  readonly strict?: boolean;
  readonly volatility?: "immutable" | "stable" | "volatile";
  readonly leakproof?: boolean;
  readonly securityDefiner?: boolean;
  readonly parallel?: string;
  readonly cost?: number;
  readonly rows?: number;
  readonly support?: string;
  readonly window?: boolean;
  /** value null: RESET; name "all" null: RESET ALL; "current": FROM CURRENT. */
  readonly settings?: readonly { readonly name: string; readonly value: string | null; readonly fromCurrent?: boolean }[];
}
export interface AclGrant {
  readonly isGrant: boolean;
  /** Empty: ALL PRIVILEGES. Columns empty: the whole object. */
  readonly privileges: readonly { readonly name: string; readonly columns: readonly string[] }[];
  readonly allColumns: readonly string[] | undefined;
  readonly grantees: readonly RoleReference[];
  readonly grantOption: boolean;
  readonly grantedBy: RoleReference | undefined;
  readonly cascade: boolean;
}

export type CatalogCommand =
  | { readonly kind: "CreateEnum"; readonly name: QualifiedName; readonly labels: readonly string[] }
  | {
      readonly kind: "AlterEnum";
      readonly name: QualifiedName;
      readonly change:
        | {
            readonly kind: "add";
            readonly label: string;
            readonly ifNotExists: boolean;
            readonly neighbor?: string;
            readonly after: boolean;
          }
        | { readonly kind: "rename"; readonly from: string; readonly to: string };
    }
  | {
      readonly kind: "CreateDomain";
      readonly name: QualifiedName;
      readonly base: TypeReference;
      readonly collation?: CollationReference;
      readonly constraints: readonly DomainConstraint[];
    }
  | {
      readonly kind: "AlterDomain";
      readonly name: QualifiedName;
      readonly change:
        | { readonly kind: "setDefault"; readonly sql: string | null }
        | { readonly kind: "setNotNull" | "dropNotNull" }
        | { readonly kind: "addConstraint"; readonly constraint: DomainConstraint }
        | { readonly kind: "dropConstraint"; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
        | { readonly kind: "validateConstraint"; readonly name: string };
    }
  | { readonly kind: "CreateComposite"; readonly name: QualifiedName; readonly attributes: readonly TypeAttribute[] }
  | {
      readonly kind: "AlterComposite";
      readonly name: QualifiedName;
      readonly actions: readonly AlterTypeAction[];
      readonly ifExists: boolean;
    }
  | {
      readonly kind: "CreateRange";
      readonly name: QualifiedName;
      readonly subtype: Oid;
      readonly collation?: CollationReference;
      readonly canonical?: QualifiedName;
      readonly difference?: QualifiedName;
      readonly multirange?: QualifiedName;
    }
  | {
      readonly kind: "CreateCollation";
      readonly name: QualifiedName;
      readonly ifNotExists: boolean;
      readonly deterministic: boolean;
      /** FROM: everything else is absent. */
      readonly from?: QualifiedName;
      readonly provider?: string;
      readonly locale?: string;
      readonly collate?: string;
      readonly ctype?: string;
      readonly version?: string;
    }
  | { readonly kind: "RefreshCollation"; readonly name: QualifiedName }
  | { readonly kind: "CreateShellType"; readonly name: QualifiedName }
  | {
      readonly kind: "CreateRoutine";
      readonly isProcedure: boolean;
      readonly replace: boolean;
      readonly name: QualifiedName;
      readonly parameters: readonly RoutineParameter[];
      readonly returnType: Oid;
      readonly returnsSet: boolean;
      /** Written RETURNS, as opposed to one that follows from OUT parameters. */
      readonly returnsWritten: boolean;
      readonly language?: string;
      readonly source?: string;
      readonly linkSymbol?: string;
      /** RETURN or BEGIN ATOMIC: statements' text. */
      readonly atomic?: string;
      readonly facts: RoutineFacts;
    }
  | { readonly kind: "AlterRoutine"; readonly object: ObjectReference; readonly facts: RoutineFacts }
  | {
      readonly kind: "Call";
      readonly name: readonly string[];
      readonly functionId: string;
      readonly args: readonly import("./expression.js").Expression[];
      readonly outputs: readonly { readonly name: string; readonly type: Oid }[];
    }
  | {
      readonly kind: "CreateAggregate";
      readonly name: QualifiedName;
      readonly replace: boolean;
      readonly parameters: readonly RoutineParameter[];
      readonly directArguments: number; // -1: not ordered
      readonly options: Readonly<Record<string, string>>;
      readonly types: Readonly<Record<string, Oid>>;
      readonly functions: Readonly<Record<string, QualifiedName>>;
    }
  | {
      readonly kind: "CreateOperator";
      readonly name: QualifiedName;
      readonly left: Oid;
      readonly right: Oid;
      readonly function?: QualifiedName;
      readonly commutator?: QualifiedName;
      readonly negator?: QualifiedName;
      readonly hashes: boolean;
      readonly merges: boolean;
      readonly restrict: string;
      readonly join: string;
    }
  | {
      readonly kind: "AlterOperator";
      readonly object: ObjectReference;
      readonly restrict?: string | null;
      readonly join?: string | null;
    }
  | {
      readonly kind: "CreateCast";
      readonly source: Oid;
      readonly target: Oid;
      readonly context: "implicit" | "assignment" | "explicit";
      readonly method: "function" | "binary" | "inout";
      readonly function?: ObjectReference;
    }
  | { readonly kind: "DropObjects"; readonly objects: readonly ObjectReference[]; readonly ifExists: boolean; readonly cascade: boolean }
  | {
      readonly kind: "RenameObject";
      readonly object: ObjectReference;
      readonly newName: string;
      readonly cascade: boolean;
      readonly ifExists: boolean;
    }
  | { readonly kind: "SetObjectSchema"; readonly object: ObjectReference; readonly schema: string }
  | { readonly kind: "SetOwner"; readonly object: ObjectReference; readonly role: RoleReference }
  | { readonly kind: "CommentOn"; readonly object: ObjectReference; readonly text: string | null }
  | {
      readonly kind: "Grant";
      readonly grant: AclGrant;
      readonly objectKind: string;
      readonly objects: readonly ObjectReference[];
      /** ALL … IN SCHEMA: `objects` are schemas. */
      readonly allInSchema: boolean;
    }
  | {
      readonly kind: "DefaultPrivileges";
      readonly grant: AclGrant;
      readonly objectKind: string;
      readonly roles: readonly RoleReference[];
      readonly schemas: readonly string[];
    }
  | {
      readonly kind: "GrantRole";
      readonly isGrant: boolean;
      readonly roles: readonly string[];
      readonly members: readonly RoleReference[];
      readonly admin?: boolean;
      readonly grantedBy?: RoleReference;
      readonly cascade: boolean;
    }
  | {
      readonly kind: "CreateStatistics";
      /** Absent: to be chosen. */
      readonly name?: QualifiedName;
      readonly ifNotExists: boolean;
      readonly kinds: readonly string[];
      readonly elements: readonly ({ readonly column: string } | { readonly sql: string; readonly type: Oid })[];
      readonly table: Oid;
    }
  | { readonly kind: "AlterStatistics"; readonly name: QualifiedName; readonly target: number; readonly ifExists: boolean }
  | {
      readonly kind: "CreatePolicy";
      readonly name: string;
      readonly table: QualifiedName;
      readonly command: "all" | "select" | "insert" | "update" | "delete";
      readonly permissive: boolean;
      /** Absent: PUBLIC. */
      readonly roles?: readonly RoleReference[];
      readonly using?: StoredCondition;
      readonly check?: StoredCondition;
    }
  | {
      readonly kind: "AlterPolicy";
      readonly name: string;
      readonly table: QualifiedName;
      readonly roles?: readonly RoleReference[];
      readonly using?: StoredCondition;
      readonly check?: StoredCondition;
    }
  | { readonly kind: "ReassignOwned"; readonly roles: readonly RoleReference[]; readonly to: RoleReference }
  | { readonly kind: "DropOwned"; readonly roles: readonly RoleReference[]; readonly cascade: boolean }
  | {
      readonly kind: "AlterRoleSettings";
      readonly role?: RoleReference;
      readonly database?: string;
      readonly name: string;
      readonly value: string | null;
    }
  | { readonly kind: "AlterDatabaseSettings"; readonly database: string; readonly name: string; readonly value: string | null };

export type { RoleOptions, StoredExpression };
