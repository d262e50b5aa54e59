// hiredis: commands, pipelining, binary values, errors, MULTI, a subscription. Argument: the port.
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "%s failed\n", what);
  exit(1);
}

int main(int argc, char** argv) {
  check(argc == 2, "arguments");
  redisContext* c = redisConnect("127.0.0.1", atoi(argv[1]));
  check(c != NULL && c->err == 0, "connect");
  freeReplyObject(redisCommand(c, "FLUSHALL"));
  for (int i = 0; i < 10000; i++) redisAppendCommand(c, "SET k%d %d", i, i);
  for (int i = 0; i < 10000; i++) {
    redisReply* r;
    check(redisGetReply(c, (void**)&r) == REDIS_OK && r->type == REDIS_REPLY_STATUS, "pipeline");
    freeReplyObject(r);
  }
  redisReply* r = redisCommand(c, "SET %b %b", "bin\0key", (size_t)7, "\0\r\n\xff", (size_t)4);
  freeReplyObject(r);
  r = redisCommand(c, "GET %b", "bin\0key", (size_t)7);
  check(r->type == REDIS_REPLY_STRING && r->len == 4 && memcmp(r->str, "\0\r\n\xff", 4) == 0, "binary");
  freeReplyObject(r);
  r = redisCommand(c, "LPUSH k1 a");
  check(r->type == REDIS_REPLY_ERROR && strncmp(r->str, "WRONGTYPE", 9) == 0, "error");
  freeReplyObject(r);
  freeReplyObject(redisCommand(c, "MULTI"));
  freeReplyObject(redisCommand(c, "INCR k7"));
  freeReplyObject(redisCommand(c, "HSET h a 1 b 2"));
  r = redisCommand(c, "EXEC");
  check(r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[0]->integer == 8 && r->element[1]->integer == 2, "exec");
  freeReplyObject(r);
  redisContext* s = redisConnect("127.0.0.1", atoi(argv[1]));
  freeReplyObject(redisCommand(s, "SUBSCRIBE news"));
  freeReplyObject(redisCommand(c, "PUBLISH news hello"));
  check(redisGetReply(s, (void**)&r) == REDIS_OK && r->elements == 3 && strcmp(r->element[2]->str, "hello") == 0, "subscribe");
  freeReplyObject(r);
  redisFree(s);
  redisFree(c);
  printf("%d.%d.%d", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  return 0;
}
