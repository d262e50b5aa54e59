/** What CLIENT LIST, KILL and UNBLOCK, SCRIPT KILL and others ask of each thread about its own connections. */
import { clientMemory, describeClient } from "./client-description.js";
import type { RespServer } from "./server.js";
import type { RespSession } from "./session.js";
import type { ClientFilter, ThreadAnswer, ThreadQuestion } from "./thread-messages.js";

function matches(session: RespSession, filter: ClientFilter): boolean {
  return (
    (filter.id === undefined || session.id === filter.id) &&
    (filter.address === undefined || session.host.remoteAddress === filter.address) &&
    (filter.localAddress === undefined || session.host.localAddress === filter.localAddress) &&
    (filter.user === undefined || (session.authenticated && session.user.name === filter.user)) &&
    (filter.minimumAgeSeconds === undefined || Date.now() - session.createdMillis >= filter.minimumAgeSeconds * 1000) &&
    (filter.type === undefined || session.kind === filter.type)
  );
}

export function answerQuestion(server: RespServer, question: ThreadQuestion): ThreadAnswer {
  switch (question.what) {
    case "clients":
      return [...server.sessions.values()]
        .filter((s) => (question.type === null || s.kind === question.type) && (question.ids === null || question.ids.includes(s.id)))
        .map((s) => `${describeClient(s)}\n`);
    case "killClients": {
      const victims = [...server.sessions.values()].filter((s) => s.id !== question.skip && matches(s, question.filter));
      for (const victim of victims) victim.closeNow();
      return victims.length;
    }
    case "unblock": {
      const session = server.sessions.get(question.id);
      return session?.cancelBlocked(question.withError) ?? false;
    }
    case "hasClient":
      return server.sessions.has(question.id);
    case "killRun": {
      const run = server.currentRun;
      if (run === undefined || !run.isSlow) return "none";
      if (run.options.kind !== question.run) return "other";
      if (run.hasWritten) return "unkillable";
      run.isKilled = true;
      return "killed";
    }
    case "runs":
      return [...server.sessions.values()].reduce((sum, s) => sum + clientMemory(s), 0);
  }
}
