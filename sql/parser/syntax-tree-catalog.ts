/** Syntax trees of statements about types, functions, operators, casts, roles and privileges; they follow src/plan/catalog-command.ts. */
import type { AclGrant, RoleReference } from "../../src/plan/index.js";
import type { Expr, FunctionExpr, RelationName, TypeName } from "./syntax-tree.js";

/** An object by name; `args` where its kind is told apart by types (null: NONE), undefined when they were left out. */
export interface ObjectSyntax {
  readonly kind: string;
  readonly names: readonly string[];
  readonly args: readonly (TypeName | null)[] | undefined;
  /** All parameters with their modes, where they were written so. */
  readonly parameters: readonly ParameterSyntax[] | undefined;
  readonly part: string | undefined;
}
export interface ParameterSyntax {
  readonly mode: "in" | "out" | "inout" | "variadic" | "table";
  readonly name: string;
  readonly type: TypeName;
  readonly defaultValue: Expr | undefined;
  readonly position: number;
}
export interface AttributeSyntax {
  readonly name: string;
  readonly type: TypeName;
  readonly collation: readonly string[] | undefined;
}
export interface DomainConstraintSyntax {
  readonly kind: "check" | "notNull" | "null" | "default";
  readonly name: string | undefined;
  readonly expr: Expr | undefined;
  readonly notValid: boolean;
  readonly position: number;
}
/** A definition's `name = value`: a type or function name, a text, a number, a qualified operator; undefined: the name alone. */
export interface DefinitionItem {
  readonly name: string;
  readonly type: TypeName | undefined;
  readonly text: string | undefined;
  readonly names: readonly string[] | undefined;
  readonly position: number;
}
export type RoutineSetting = { readonly name: string; readonly value: string | null; readonly fromCurrent?: boolean };

export type CatalogStatement =
  | { readonly kind: "CreateEnum"; readonly name: readonly string[]; readonly labels: readonly string[] }
  | {
      readonly kind: "AlterEnum";
      readonly name: readonly string[];
      readonly oldLabel: string | undefined;
      readonly newLabel: string;
      readonly neighbor: string | undefined;
      readonly after: boolean;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "CreateDomain";
      readonly name: readonly string[];
      readonly type: TypeName;
      readonly collation: readonly string[] | undefined;
      readonly constraints: readonly DomainConstraintSyntax[];
    }
  | {
      readonly kind: "AlterDomain";
      readonly name: readonly string[];
      readonly action: "setDefault" | "dropNotNull" | "setNotNull" | "addConstraint" | "dropConstraint" | "validateConstraint";
      readonly expr: Expr | undefined;
      readonly constraint: DomainConstraintSyntax | undefined;
      readonly constraintName: string | undefined;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: "CreateComposite"; readonly name: readonly string[]; readonly attributes: readonly AttributeSyntax[] }
  | {
      readonly kind: "AlterComposite";
      readonly name: readonly string[];
      readonly ifExists: boolean;
      readonly actions: readonly (
        | { readonly kind: "add" | "retype"; readonly attribute: AttributeSyntax; readonly cascade: boolean }
        | { readonly kind: "drop"; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
      )[];
    }
  | { readonly kind: "CreateRange"; readonly name: readonly string[]; readonly items: readonly DefinitionItem[] }
  | {
      readonly kind: "CreateCollation";
      readonly name: readonly string[];
      readonly items: readonly DefinitionItem[];
      readonly ifNotExists: boolean;
    }
  | { readonly kind: "RefreshCollation"; readonly name: readonly string[] }
  | { readonly kind: "CreateShellType"; readonly name: readonly string[] }
  | {
      readonly kind: "CreateRoutine";
      readonly isProcedure: boolean;
      readonly replace: boolean;
      readonly name: readonly string[];
      readonly parameters: readonly ParameterSyntax[];
      readonly returns: TypeName | undefined;
      readonly options: RoutineOptionsSyntax;
      /** Statements of RETURN or BEGIN ATOMIC, as text. */
      readonly atomic: string | undefined;
    }
  | { readonly kind: "AlterRoutine"; readonly object: ObjectSyntax; readonly options: RoutineOptionsSyntax }
  | { readonly kind: "Call"; readonly call: FunctionExpr }
  | {
      readonly kind: "CreateAggregate";
      readonly name: readonly string[];
      readonly replace: boolean;
      readonly oldStyle: boolean;
      readonly parameters: readonly ParameterSyntax[];
      readonly directArguments: number;
      readonly items: readonly DefinitionItem[];
    }
  | { readonly kind: "CreateOperator"; readonly name: readonly string[]; readonly items: readonly DefinitionItem[] }
  | { readonly kind: "AlterOperator"; readonly object: ObjectSyntax; readonly items: readonly DefinitionItem[] }
  | {
      readonly kind: "CreateCast";
      readonly source: TypeName;
      readonly target: TypeName;
      readonly context: "implicit" | "assignment" | "explicit";
      readonly method: "function" | "binary" | "inout";
      readonly function: ObjectSyntax | undefined;
    }
  | { readonly kind: "DropObjects"; readonly objects: readonly ObjectSyntax[]; readonly ifExists: boolean; readonly cascade: boolean }
  | {
      readonly kind: "RenameObject";
      readonly object: ObjectSyntax;
      readonly newName: string;
      readonly cascade: boolean;
      readonly ifExists: boolean;
      readonly tag: string;
    }
  | { readonly kind: "SetObjectSchema"; readonly object: ObjectSyntax; readonly schema: string }
  | { readonly kind: "SetOwner"; readonly object: ObjectSyntax; readonly role: RoleReference }
  | { readonly kind: "CommentOn"; readonly object: ObjectSyntax; readonly text: string | null }
  | {
      readonly kind: "Grant";
      readonly grant: AclGrant;
      readonly objectKind: string;
      readonly objects: readonly ObjectSyntax[];
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
      readonly admin: boolean | undefined;
      readonly grantedBy: RoleReference | undefined;
      readonly cascade: boolean;
    }
  | {
      readonly kind: "CreateStatistics";
      /** Empty: to be chosen. */
      readonly name: readonly string[];
      readonly ifNotExists: boolean;
      readonly kinds: readonly string[];
      readonly elements: readonly { readonly column: string | undefined; readonly expr: Expr | undefined }[];
      readonly relation: RelationName | "several" | "notAName";
    }
  | { readonly kind: "AlterStatistics"; readonly name: readonly string[]; readonly target: number; readonly ifExists: boolean }
  | {
      readonly kind: "CreatePolicy";
      readonly name: string;
      readonly relation: RelationName;
      readonly command: string;
      readonly permissive: boolean;
      readonly roles: readonly RoleReference[] | undefined;
      readonly using: Expr | undefined;
      readonly check: Expr | undefined;
    }
  | {
      readonly kind: "AlterPolicy";
      readonly name: string;
      readonly relation: RelationName;
      readonly roles: readonly RoleReference[] | undefined;
      readonly using: Expr | undefined;
      readonly check: Expr | undefined;
    }
  | { readonly kind: "ReassignOwned"; readonly roles: readonly RoleReference[]; readonly to: RoleReference }
  | { readonly kind: "DropOwned"; readonly roles: readonly RoleReference[]; readonly cascade: boolean }
  | {
      readonly kind: "AlterRoleSettings";
      readonly role: RoleReference | undefined;
      readonly database: string | undefined;
      readonly setting: RoutineSetting;
    }
  | { readonly kind: "AlterDatabaseSettings"; readonly database: string; readonly setting: RoutineSetting };

export interface RoutineOptionsSyntax {
  readonly language?: string;
  readonly source?: string;
  readonly linkSymbol?: string;
  readonly strict?: boolean;
  readonly volatility?: "immutable" | "stable" | "volatile";
  readonly leakproof?: boolean;
  readonly securityDefiner?: boolean;
  readonly parallel?: string;
  readonly cost?: number;
  readonly rows?: number;
  readonly support?: string;
  readonly window?: boolean;
  readonly settings?: readonly RoutineSetting[];
}
