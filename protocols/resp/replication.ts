/** What identifies this server's history of writes to replicas and to people: an id that is new with each start, and the log's position. */
import { randomBytes } from "node:crypto";

export class ReplicationIdentity {
  id = randomBytes(20).toString("hex");
  secondId = "0".repeat(40);
  secondOffset = -1;

  /** DEBUG CHANGE-REPL-ID. */
  changeId(): void {
    this.id = randomBytes(20).toString("hex");
    this.secondId = "0".repeat(40);
    this.secondOffset = -1;
  }
}
