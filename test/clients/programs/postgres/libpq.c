// libpq itself: asynchronous queries, pipeline mode, single rows, COPY, binary values, notices, cancel. Argument: the port.
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

static void notice(void *arg, const PGresult *r) { (void)arg; printf("notice %s %s\n", PQresultErrorField(r, PG_DIAG_SQLSTATE), PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)); }
static void show(PGresult *r) {
  printf("%s %s", PQresStatus(PQresultStatus(r)), PQcmdStatus(r));
  for (int i = 0; i < PQntuples(r) && i < 3; i++) for (int j = 0; j < PQnfields(r); j++) printf(" %s=%s", PQfname(r, j), PQgetisnull(r, i, j) ? "NULL" : PQfformat(r, j) ? "binary" : PQgetvalue(r, i, j));
  if (PQresultStatus(r) == PGRES_FATAL_ERROR) printf(" %s %s", PQresultErrorField(r, PG_DIAG_SQLSTATE), PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
  printf("\n");
  PQclear(r);
}
int main(int argc, char **argv) {
  char dsn[200];
  (void)argc;
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%s user=postgres dbname=postgres application_name=libpq", argv[1]);
  printf("%d\n", PQlibVersion());
  PGconn *c = PQconnectdb(dsn);
  if (PQstatus(c) != CONNECTION_OK) { fprintf(stderr, "%s", PQerrorMessage(c)); return 1; }
  PQsetNoticeReceiver(c, notice, NULL);
  printf("%d %s %s %s %s %s\n", PQprotocolVersion(c), PQparameterStatus(c, "server_encoding"), PQparameterStatus(c, "standard_conforming_strings"), PQparameterStatus(c, "is_superuser"), PQparameterStatus(c, "IntervalStyle"), PQparameterStatus(c, "application_name"));
  show(PQexec(c, "drop table if exists libpq_item; create table libpq_item (id int primary key, name text, raw bytea)"));
  // Binary parameters and results.
  int id = htonl(7);
  const char *values[] = {(char *)&id, "n\xc3\xa9", "\x00\xff"};
  int lengths[] = {4, 0, 2}, formats[] = {1, 0, 1};
  show(PQexecParams(c, "insert into libpq_item values ($1::int4, $2, $3) returning id, name, raw", 3, NULL, values, lengths, formats, 1));
  PGresult *r = PQexecParams(c, "select id, raw from libpq_item", 0, NULL, NULL, NULL, NULL, 1);
  int back; memcpy(&back, PQgetvalue(r, 0, 0), 4);
  printf("%d %d %d %d\n", ntohl(back), PQgetlength(r, 0, 1), PQftype(r, 1), PQfsize(r, 0));
  PQclear(r);
  // Prepared, described, closed by SQL.
  show(PQprepare(c, "p", "select $1::int + 1 as n, $2::text as t", 0, NULL));
  r = PQdescribePrepared(c, "p"); printf("%d %d %s\n", PQnparams(r), PQparamtype(r, 0), PQfname(r, 1)); PQclear(r);
  const char *two[] = {"41", NULL};
  show(PQexecPrepared(c, "p", 2, two, NULL, NULL, 0)); show(PQexec(c, "execute p(1, 'x')")); show(PQexec(c, "deallocate p")); show(PQexecPrepared(c, "p", 2, two, NULL, NULL, 0));
  show(PQexec(c, "begin")); show(PQexec(c, "declare cur binary cursor for select id, name from libpq_item")); r = PQdescribePortal(c, "cur"); printf("%d %s %d\n", PQnfields(r), PQfname(r, 1), PQfformat(r, 0)); PQclear(r); show(PQexec(c, "fetch all in cur")); show(PQexec(c, "commit"));
  // Pipeline mode: an error in the middle ends with its sync.
  PQenterPipelineMode(c);
  PQsendQueryParams(c, "select 1 as a", 0, NULL, NULL, NULL, NULL, 0); PQsendQueryParams(c, "select 1/0", 0, NULL, NULL, NULL, NULL, 0); PQsendQueryParams(c, "select 3 as never", 0, NULL, NULL, NULL, NULL, 0); PQpipelineSync(c);
  PQsendPrepare(c, "q", "select $1::text as q", 0, NULL); PQsendDescribePrepared(c, "q"); const char *one[] = {"v"}; PQsendQueryPrepared(c, "q", 1, one, NULL, NULL, 0); PQsendFlushRequest(c); PQpipelineSync(c);
  for (int syncs = 0; syncs < 2;) { r = PQgetResult(c); if (!r) { printf("-\n"); continue; } if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) syncs++; show(r); }
  printf("%d %d\n", PQexitPipelineMode(c), PQpipelineStatus(c));
  // Single rows.
  PQsendQuery(c, "select generate_series(1, 1000) as x"); PQsetSingleRowMode(c);
  int rows = 0; while ((r = PQgetResult(c))) { if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) rows++; else printf("%d %s\n", rows, PQcmdStatus(r)); PQclear(r); }
  // Several statements, one fails.
  PQsendQuery(c, "select 1 as a; insert into libpq_item values (8); select 1/0; select 2 as b"); while ((r = PQgetResult(c))) show(r);
  show(PQexec(c, "select count(*) from libpq_item"));
  // COPY both ways.
  show(PQexec(c, "copy libpq_item (id, name) from stdin")); for (int i = 100; i < 300; i++) { char line[50]; int n = snprintf(line, sizeof line, "%d\tname %d\n", i, i); PQputCopyData(c, line, n); } PQputCopyEnd(c, NULL); while ((r = PQgetResult(c))) show(r);
  show(PQexec(c, "copy libpq_item (id, name) from stdin")); PQputCopyData(c, "400\tx\n", 6); PQputCopyEnd(c, "changed my mind"); while ((r = PQgetResult(c))) show(r);
  show(PQexec(c, "copy (select id, name from libpq_item order by id limit 3) to stdout")); char *buffer; while (PQgetCopyData(c, &buffer, 0) > 0) { printf("%s", buffer); PQfreemem(buffer); } while ((r = PQgetResult(c))) show(r);
  // Function call message of a large object, which there is or is not; cancel; notifications; password encryption.
  PGcancel *cancel = PQgetCancel(c); char error[100]; PQsendQuery(c, "select pg_sleep(20)"); PQflush(c); usleep(300000);
  printf("%d\n", PQcancel(cancel, error, sizeof error)); while ((r = PQgetResult(c))) show(r); PQfreeCancel(cancel);
  show(PQexec(c, "listen ch; notify ch, 'payload'")); PQconsumeInput(c); PGnotify *n = PQnotifies(c); printf("%s %s %d\n", n->relname, n->extra, n->be_pid == PQbackendPID(c)); PQfreemem(n);
  printf("%d %s\n", PQsetClientEncoding(c, "LATIN1"), PQparameterStatus(c, "client_encoding")); r = PQexec(c, "select name from libpq_item where id = 7"); printf("%d %02x\n", PQgetlength(r, 0, 0), (unsigned char)PQgetvalue(r, 0, 0)[1]); PQclear(r); PQsetClientEncoding(c, "UTF8");
  show(PQexec(c, "select 'a' as \"Col\", null as n, 1.5 as f")); show(PQexec(c, "")); show(PQexec(c, ";")); show(PQexecParams(c, "select 1; select 2", 0, NULL, NULL, NULL, NULL, 0)); show(PQexecParams(c, "select $1::int", 1, NULL, one, NULL, NULL, 0));
  PQreset(c); printf("%d\n", PQstatus(c) == CONNECTION_OK); printf("%s\n", PQencryptPasswordConn(c, "pw", "postgres", "scram-sha-256") ? "encrypted" : PQerrorMessage(c));
  show(PQexec(c, "drop table libpq_item"));
  PQfinish(c);
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%s user=postgres dbname=nothing", argv[1]); c = PQconnectdb(dsn); printf("%s", strstr(PQerrorMessage(c), "FATAL")); PQfinish(c);
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%s user=nobody dbname=postgres", argv[1]); c = PQconnectdb(dsn); printf("%s", strstr(PQerrorMessage(c), "FATAL")); PQfinish(c);
  printf("%d\n", PQping(dsn));
  return 0;
}
