/** Which file runs which command about types, functions, operators, casts, roles and privileges; undefined: none of these. */
import type { Command } from "../../../plan/index.js";
import type { Datum } from "../../../types/index.js";
import type { StatementOutcome } from "../../statement-outcome.js";
import type { DefinitionContext } from "../context.js";
import { createAggregate } from "./aggregate.js";
import { call } from "./call.js";
import { createCollation, refreshCollation } from "./collation.js";
import { alterComposite, createComposite, createShellType } from "./composite.js";
import { alterDomain, createDomain } from "./domain.js";
import { commentOn, dropObjects, renameObject, setObjectSchema, setOwner } from "./drop-objects.js";
import { alterEnum, createEnum } from "./enum.js";
import { alterDefaultPrivileges, grant } from "./grant.js";
import { dropOwned, grantRole, reassignOwned } from "./membership.js";
import { alterOperator, createCast, createOperator } from "./operator.js";
import { alterPolicy, createPolicy } from "./policy.js";
import { createRange } from "./range.js";
import { alterRoutine, createRoutine } from "./routine.js";
import { alterStatistics, createStatistics } from "./statistics.js";
import { alterDatabaseSettings, alterRoleSettings } from "./stored-settings.js";

type Work = (context: DefinitionContext) => StatementOutcome | void | Promise<void>;

export function catalogWork(command: Command, parameters: readonly Datum[]): Work | undefined {
  switch (command.kind) {
    case "CreateEnum":
      return (context) => createEnum(context, command);
    case "AlterEnum":
      return (context) => alterEnum(context, command);
    case "CreateDomain":
      return (context) => createDomain(context, command);
    case "AlterDomain":
      return (context) => alterDomain(context, command);
    case "CreateComposite":
      return (context) => createComposite(context, command);
    case "AlterComposite":
      return (context) => alterComposite(context, command);
    case "CreateRange":
      return (context) => createRange(context, command);
    case "CreateCollation":
      return (context) => createCollation(context, command);
    case "RefreshCollation":
      return (context) => refreshCollation(context, command);
    case "CreateShellType":
      return (context) => createShellType(context, command);
    case "CreateRoutine":
      return (context) => createRoutine(context, command);
    case "AlterRoutine":
      return (context) => alterRoutine(context, command);
    case "Call":
      return (context) => call(context, command, parameters);
    case "CreateAggregate":
      return (context) => createAggregate(context, command);
    case "CreateOperator":
      return (context) => createOperator(context, command);
    case "AlterOperator":
      return (context) => alterOperator(context, command);
    case "CreateCast":
      return (context) => createCast(context, command);
    case "DropObjects":
      return (context) => dropObjects(context, command);
    case "RenameObject":
      return (context) => renameObject(context, command);
    case "SetObjectSchema":
      return (context) => setObjectSchema(context, command);
    case "SetOwner":
      return (context) => setOwner(context, command);
    case "CommentOn":
      return (context) => commentOn(context, command);
    case "Grant":
      return (context) => grant(context, command);
    case "DefaultPrivileges":
      return (context) => alterDefaultPrivileges(context, command);
    case "GrantRole":
      return (context) => grantRole(context, command);
    case "CreateStatistics":
      return (context) => createStatistics(context, command);
    case "AlterStatistics":
      return (context) => alterStatistics(context, command);
    case "CreatePolicy":
      return (context) => createPolicy(context, command);
    case "AlterPolicy":
      return (context) => alterPolicy(context, command);
    case "ReassignOwned":
      return (context) => reassignOwned(context, command);
    case "DropOwned":
      return (context) => dropOwned(context, command);
    case "AlterRoleSettings":
      return (context) => alterRoleSettings(context, command);
    case "AlterDatabaseSettings":
      return (context) => alterDatabaseSettings(context, command);
    default:
      return undefined;
  }
}
