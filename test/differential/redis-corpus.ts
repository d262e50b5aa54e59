/** Commands whose replies must be Redis' own, by topic; each topic starts with empty databases. "~": element order is not defined. */
const lines = (text: string) =>
  text
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "");

export const corpus: Readonly<Record<string, readonly string[]>> = {
  strings: lines(`
    SET a 1
    GET a
    SET a 2 NX
    SET b 2 NX
    SET a 3 XX GET
    SET nokey 3 XX
    SET nokey 3 XX GET
    SET a 5 NX GET
    SET a v EX 0
    SET a v EX -1
    SET a v EX abc
    SET a v EX 9223372036854775807
    SET a v PX 100000 KEEPTTL
    SET a v NX XX
    SET a v EX 10 PX 10
    SET a v FOO
    SET a v EX
    SET a v EX 100
    TTL a
    SET a w KEEPTTL
    TTL a
    SET a w
    TTL a
    SET
    SET a
    GET
    get a b
    GETSET a z
    GETSET fresh z
    GETDEL fresh
    GETDEL fresh
    GETEX a EX 100
    TTL a
    GETEX a PERSIST
    TTL a
    GETEX a EX 0
    GETEX a FOO
    GETEX a EX 10 PERSIST
    GETEX missing
    MSET k1 1 k2 2 k3 "three words"
    MGET k1 k2 nope k3
    MSET k1
    MSET k1 1 k2
    MSETNX k1 9 k9 9
    MSETNX k8 8 k9 9
    APPEND k1 abc
    APPEND k1new abc
    GET k1
    STRLEN k1
    STRLEN nope
    SETNX k1 1
    SETNX kx 1
    SETEX k5 100 v
    SETEX k5 0 v
    SETEX k5 -1 v
    SETEX k5 x v
    PSETEX k5 0 v
    PSETEX k5 100000 v
    INCR n
    INCR n
    INCRBY n 10
    DECR n
    DECRBY n 20
    INCRBY n abc
    DECRBY n -9223372036854775808
    SET big 9223372036854775807
    INCR big
    INCRBY big 1
    SET neg -9223372036854775808
    DECR neg
    SET text hello
    INCR text
    SET spaced " 1"
    INCR spaced
    SET zero 0123
    INCR zero
    INCRBYFLOAT f 1.5
    INCRBYFLOAT f 0.1
    INCRBYFLOAT f 3.0e3
    INCRBYFLOAT f abc
    INCRBYFLOAT f inf
    INCRBYFLOAT text 1
    GET f
    INCRBYFLOAT f -3001.6
    SETRANGE r 5 world
    GET r
    SETRANGE r 0 HELLO
    GET r
    SETRANGE r -1 x
    SETRANGE r 536870912 x
    SETRANGE none 0 ""
    SETRANGE r 3 ""
    EXISTS none
    GETRANGE r 0 -1
    GETRANGE r 0 4
    GETRANGE r -5 -1
    GETRANGE r 5 3
    GETRANGE r -1 -5
    GETRANGE r 0 1000
    GETRANGE none 0 -1
    GETRANGE r a b
    SUBSTR r 0 2
    SETBIT bits 7 1
    SETBIT bits 7 0
    SETBIT bits 100 1
    GETBIT bits 100
    GETBIT bits 101
    GETBIT bits 10000
    SETBIT bits -1 1
    SETBIT bits 0 2
    SETBIT bits 4294967296 1
    SETBIT bits x 1
    GETBIT bits -1
    BITCOUNT bits
    SET mykey foobar
    BITCOUNT mykey
    BITCOUNT mykey 0 0
    BITCOUNT mykey 1 1
    BITCOUNT mykey 1 1 BYTE
    BITCOUNT mykey 5 30 BIT
    BITCOUNT mykey 1
    BITCOUNT mykey a b
    BITCOUNT mykey 0 -1 FOO
    BITCOUNT nope
    BITPOS mykey 1
    BITPOS mykey 0
    BITPOS mykey 1 2
    BITPOS mykey 1 2 3
    BITPOS mykey 1 7 15 BIT
    BITPOS mykey 2
    BITPOS nope 0
    BITPOS nope 1
    SET full "\\u007f"
    BITPOS full 0
    BITOP AND dest mykey text
    GET dest
    BITOP OR dest mykey text
    GET dest
    BITOP XOR dest mykey text
    STRLEN dest
    BITOP NOT dest a
    STRLEN dest
    BITOP NOT dest mykey text
    BITOP FOO dest mykey
    BITOP AND dest nope1 nope2
    EXISTS dest
    LPUSH list x
    GET list
    APPEND list x
    INCR list
    STRLEN list
    GETRANGE list 0 1
    SETBIT list 1 1
    MGET list a
    GETSET list x
    SET list now-a-string
    GET list
    OBJECT ENCODING n
    OBJECT ENCODING text
    OBJECT ENCODING r
    OBJECT ENCODING nope
    SET long 012345678901234567890123456789012345678901234
    OBJECT ENCODING long
    SET almost 01234567890123456789012345678901234567890123
    OBJECT ENCODING almost
    OBJECT REFCOUNT text
    OBJECT FREQ text
    OBJECT FOO text
    OBJECT ENCODING
    OBJECT
  `),
  keys: lines(`
    MSET a 1 b 2 c 3
    EXISTS a b c d a
    DEL a d
    UNLINK b nope
    TYPE c
    TYPE nope
    RPUSH l 1
    SADD s 1
    ZADD z 1 m
    HSET h f v
    TYPE l
    TYPE s
    TYPE z
    TYPE h
    RENAME c d
    GET d
    RENAME nope x
    RENAME d d
    RENAMENX d l
    RENAMENX d e
    RENAMENX nope e
    RENAMENX e e
    COPY e f
    COPY e f
    COPY e f REPLACE
    COPY e e
    COPY nope f
    COPY e f DB 3
    COPY e f DB 99
    COPY e f DB x
    COPY e f FOO
    COPY l l2
    LRANGE l2 0 -1
    COPY z z2
    ZRANGE z2 0 -1 WITHSCORES
    TOUCH e f nope
    MOVE e 2
    MOVE e 2
    MOVE f 3
    MOVE f 0
    MOVE f 99
    MOVE f abc
    SELECT 2
    GET e
    DBSIZE
    SELECT 0
    SELECT 99
    SELECT -1
    SELECT abc
    SWAPDB 0 2
    GET e
    SWAPDB 0 2
    SWAPDB 0 99
    SWAPDB x 0
    SWAPDB 0 x
    ~KEYS *
    ~KEYS l*
    KEYS l[2-3]
    KEYS l[^2]
    KEYS ?2x
    KEYS nomatch
    DBSIZE
    SET x 1
    EXPIRE x 100
    TTL x
    EXPIRE x 200 NX
    EXPIRE x 200 XX
    EXPIRE x 100 GT
    EXPIRE x 300 GT
    EXPIRE x 400 LT
    EXPIRE x 100 LT
    EXPIRE x 100 NX XX
    EXPIRE x 100 GT LT
    EXPIRE x 100 NX GT
    EXPIRE x 100 FOO
    EXPIRE x abc
    EXPIRE x 9223372036854775807
    EXPIRE x -9223372036854775808
    PEXPIRE x 9223372036854775807
    EXPIRE nope 100
    PERSIST x
    PERSIST x
    PERSIST nope
    TTL x
    TTL nope
    PTTL x
    PTTL nope
    EXPIREAT x 9999999999
    EXPIRETIME x
    PEXPIRETIME x
    PEXPIREAT x 9999999999999
    PEXPIRETIME x
    EXPIRETIME nope
    PEXPIRETIME nope
    EXPIRE x GT
    PERSIST x
    EXPIRE x 100 GT
    EXPIRE x 100 LT
    EXPIRE x -1
    EXISTS x
    SET y 1
    EXPIREAT y 1
    EXISTS y
    SET y 1 PXAT 1
    EXISTS y
    SCAN 0 MATCH nomatch* COUNT 1000
    SCAN abc
    SCAN 0 COUNT 0
    SCAN 0 COUNT x
    SCAN 0 FOO
    SCAN 0 TYPE
    FLUSHDB FOO
    FLUSHDB ASYNC
    DBSIZE
    FLUSHALL SYNC
    RANDOMKEY
    SET only 1
    RANDOMKEY
    SCAN 0 COUNT 1000
    SCAN 0 COUNT 1000 TYPE string
    SCAN 0 COUNT 1000 TYPE list
    WAIT 0 0
    WAIT x 0
    SORT nope
    RPUSH nums 3 1 2 10
    SORT nums
    SORT nums DESC
    SORT nums ALPHA
    SORT nums LIMIT 1 2
    SORT nums LIMIT 0 -1
    SORT nums STORE sorted
    LRANGE sorted 0 -1
    RPUSH words b a c
    SORT words
    SORT words ALPHA
    SORT words ALPHA DESC
    MSET w_1 3 w_2 1 w_3 2 w_10 0 o_1 one o_2 two o_3 three
    SORT nums BY w_*
    SORT nums BY w_* GET o_* GET #
    SORT nums BY nosort
    SORT nums BY nosort GET o_*
    SORT nums FOO
    SORT_RO nums DESC
    SORT_RO nums STORE x
    SORT only
    OBJECT HELP2
  `),
  lists: lines(`
    RPUSH l a b c
    LPUSH l z y
    LRANGE l 0 -1
    LRANGE l 1 2
    LRANGE l -2 -1
    LRANGE l 5 10
    LRANGE l -100 100
    LRANGE l a b
    LRANGE nope 0 -1
    LLEN l
    LLEN nope
    LPUSHX l x
    LPUSHX nope x
    RPUSHX l w
    RPUSHX nope w
    LINDEX l 0
    LINDEX l -1
    LINDEX l 100
    LINDEX l x
    LINDEX nope 0
    LSET l 0 X
    LSET l -1 W
    LSET l 100 x
    LSET l x x
    LSET nope 0 x
    LINSERT l BEFORE a before
    LINSERT l AFTER a after
    LINSERT l FOO a after
    LINSERT l BEFORE nope x
    LINSERT nope BEFORE a x
    LRANGE l 0 -1
    LPOP l
    RPOP l
    LPOP l 2
    RPOP l 2
    LPOP l 0
    LPOP l -1
    LPOP l x
    LPOP nope
    LPOP nope 2
    LPOP nope 0
    LPOP l 1 2
    LRANGE l 0 -1
    RPUSH r a b a c a d
    LREM r 2 a
    LRANGE r 0 -1
    RPUSH r a a
    LREM r -1 a
    LRANGE r 0 -1
    LREM r 0 a
    LREM r 0 nope
    LREM nope 0 a
    LREM r x a
    LRANGE r 0 -1
    RPUSH t 1 2 3 4 5 6
    LTRIM t 1 -2
    LRANGE t 0 -1
    LTRIM t 10 20
    EXISTS t
    LTRIM nope 0 1
    LTRIM r a b
    RPUSH p a b c 1 2 3 c c
    LPOS p c
    LPOS p c RANK 2
    LPOS p c RANK -1
    LPOS p c COUNT 2
    LPOS p c COUNT 0
    LPOS p c COUNT 0 RANK -1
    LPOS p c COUNT 0 MAXLEN 4
    LPOS p nope
    LPOS p nope COUNT 0
    LPOS p c RANK 0
    LPOS p c COUNT -1
    LPOS p c MAXLEN -1
    LPOS p c FOO 1
    LPOS p c COUNT
    LPOS nope c
    LPOS nope c COUNT 1
    RPOPLPUSH p q
    RPOPLPUSH nope q
    LMOVE p q LEFT RIGHT
    LMOVE p q UP DOWN
    LMOVE p p LEFT RIGHT
    LRANGE p 0 -1
    LRANGE q 0 -1
    RPUSH one x
    LMOVE one one LEFT RIGHT
    LRANGE one 0 -1
    LMPOP 2 nope q LEFT
    LMPOP 1 p RIGHT COUNT 2
    LMPOP 1 nope LEFT
    LMPOP 0 p LEFT
    LMPOP x p LEFT
    LMPOP 1 p UP
    LMPOP 1 p LEFT COUNT 0
    LMPOP 1 p LEFT FOO 1
    LMPOP 5 p LEFT
    BLPOP p 1
    BLPOP nope p 1
    BRPOP p 1
    BLPOP p -1
    BLPOP p abc
    BLPOP nope 0.01
    BLMOVE p q LEFT LEFT 0.01
    BLMOVE nope q LEFT LEFT 0.01
    BRPOPLPUSH nope q 0.01
    BLMPOP 0.01 1 nope LEFT
    SET s v
    LPUSH s a
    RPUSH s a
    LPOP s
    LLEN s
    LRANGE s 0 -1
    LINDEX s 0
    LSET s 0 x
    LREM s 0 x
    RPOPLPUSH s q
    RPOPLPUSH one s
    LMPOP 1 s LEFT
    BLPOP s 1
    OBJECT ENCODING one
    LPUSH
    LPUSH l
  `),
  hashes: lines(`
    HSET h a 1 b 2 c 3
    HSET h a 9 d 4
    HSET h a
    HSET h a 1 b
    HMSET h e 5 f 6
    HMSET h e
    HGET h a
    HGET h nope
    HGET nope a
    HMGET h a nope b
    HMGET nope a b
    HGETALL h
    HGETALL nope
    HKEYS h
    HVALS h
    HKEYS nope
    HLEN h
    HLEN nope
    HEXISTS h a
    HEXISTS h nope
    HSTRLEN h a
    HSTRLEN h nope
    HSETNX h a 5
    HSETNX h g 7
    HSETNX fresh g 7
    HDEL h a nope b
    HDEL nope a
    HDEL fresh g
    EXISTS fresh
    HINCRBY h n 5
    HINCRBY h n -10
    HINCRBY h n abc
    HSET h t text
    HINCRBY h t 1
    HSET h big 9223372036854775807
    HINCRBY h big 1
    HINCRBYFLOAT h fl 1.5
    HINCRBYFLOAT h fl 0.1
    HINCRBYFLOAT h fl 5.0e3
    HINCRBYFLOAT h t 1
    HINCRBYFLOAT h fl abc
    HINCRBYFLOAT h fl inf
    HGETALL h
    HSCAN h 0
    HSCAN h 0 MATCH b*
    HSCAN h 0 COUNT 0
    HSCAN h 0 COUNT x
    HSCAN h x
    HSCAN nope 0
    HSCAN h 0 FOO
    HSCAN h 0 TYPE string
    HSET one f v
    HRANDFIELD one
    HRANDFIELD one 5
    HRANDFIELD one -3
    HRANDFIELD one 1 WITHVALUES
    HRANDFIELD one -2 WITHVALUES
    HRANDFIELD one 0
    HRANDFIELD one x
    HRANDFIELD one 1 FOO
    HRANDFIELD nope
    HRANDFIELD nope 5
    OBJECT ENCODING h
    HSET long f 0123456789012345678901234567890123456789012345678901234567890123456789
    OBJECT ENCODING long
    SET s v
    HSET s a 1
    HGET s a
    HGETALL s
    HDEL s a
    HLEN s
    HINCRBY s a 1
    HSCAN s 0
    HRANDFIELD s
    HMGET s a
    HGET h
  `),
  sets: lines(`
    SADD s 3 1 2
    SADD s 1 4
    SMEMBERS s
    SCARD s
    SCARD nope
    SISMEMBER s 1
    SISMEMBER s 9
    SISMEMBER nope 9
    SMISMEMBER s 1 9 2
    SMISMEMBER nope 1
    SREM s 1 9
    SREM nope 1
    OBJECT ENCODING s
    SADD s word
    OBJECT ENCODING s
    ~SMEMBERS s
    SADD a 1 2 3 4
    SADD b 3 4 5
    SADD c 4 9
    ~SUNION a b c
    SINTER a b
    SINTER a b c
    SINTER a nope
    SDIFF a b
    SDIFF a b c
    SDIFF nope a
    SUNION nope
    SUNIONSTORE u a b
    SMEMBERS u
    SINTERSTORE i a b
    SMEMBERS i
    SDIFFSTORE d a b
    SMEMBERS d
    SINTERSTORE i a nope
    EXISTS i
    SINTERCARD 2 a b
    SINTERCARD 2 a b LIMIT 1
    SINTERCARD 0 a
    SINTERCARD x a
    SINTERCARD 3 a b
    SINTERCARD 2 a b LIMIT -1
    SINTERCARD 2 a b FOO
    SMOVE a b 1
    SMOVE a b 99
    SMOVE nope b 1
    SMOVE a new 2
    SMOVE a a 3
    SMEMBERS a
    SMEMBERS b
    SADD one x
    SPOP one
    EXISTS one
    SPOP nope
    SPOP nope 3
    SADD one x
    SPOP one 0
    SPOP one -1
    SPOP one x
    SPOP one 5
    SADD one x
    SRANDMEMBER one
    SRANDMEMBER one 3
    SRANDMEMBER one -3
    SRANDMEMBER one 0
    SRANDMEMBER one x
    SRANDMEMBER nope
    SRANDMEMBER nope 2
    SPOP one 1 2
    SRANDMEMBER one 1 2
    SSCAN a 0
    SSCAN a 0 MATCH 9*
    SSCAN nope 0
    SSCAN a 0 COUNT 0
    SET str v
    SADD str a
    SREM str a
    SMEMBERS str
    SUNION a str
    SINTER a str
    SINTER nope str
    SDIFF a str
    SUNIONSTORE x a str
    SMOVE str a 1
    SMOVE a str 3
    SPOP str
    SSCAN str 0
    SINTERCARD 2 a str
    SISMEMBER str 1
    SADD s
  `),
  "sorted sets": lines(`
    ZADD z 1 a 2 b 3 c
    ZADD z 1 a 5 b
    ZADD z CH 1 a 6 b 7 d
    ZADD z NX 9 a 9 e
    ZADD z XX 8 a 9 nope
    ZADD z GT 1 a
    ZADD z GT CH 20 a
    ZADD z LT CH 10 a
    ZADD z INCR 5 a
    ZADD z NX INCR 5 a
    ZADD z XX INCR 5 nope
    ZADD z NX XX 1 a
    ZADD z GT LT 1 a
    ZADD z NX GT 1 a
    ZADD z INCR 1 a 2 b
    ZADD z abc a
    ZADD z 1
    ZADD z 1 a 2
    ZADD z FOO 1 a
    ZADD z nan a
    ZADD z inf top -inf bottom
    ZADD z INCR -inf top
    ZSCORE z top
    ZSCORE z bottom
    ZSCORE z a
    ZSCORE z nope
    ZSCORE nope a
    ZADD z 1.1 frac
    ZSCORE z frac
    ZADD z 3.14159265358979 pi
    ZSCORE z pi
    ZADD z 1e100 huge 1e-7 tiny 123456789012345680 long
    ZRANGE z 0 -1 WITHSCORES
    ZMSCORE z a nope b
    ZMSCORE nope a
    ZINCRBY z 1.5 a
    ZINCRBY z abc a
    ZINCRBY fresh 2 m
    ZCARD z
    ZCARD nope
    ZRANK z a
    ZREVRANK z a
    ZRANK z nope
    ZRANK nope a
    ZREM z top nope bottom huge tiny long
    ZREM nope a
    ZRANGE z 0 -1
    ZRANGE z 0 1 REV
    ZRANGE z 1 2 WITHSCORES
    ZRANGE z -2 -1
    ZRANGE z 5 1
    ZRANGE z a b
    ZRANGE nope 0 -1
    ZRANGE z 1 10 BYSCORE
    ZRANGE z (1 (10 BYSCORE
    ZRANGE z 10 1 BYSCORE REV
    ZRANGE z -inf +inf BYSCORE LIMIT 1 2
    ZRANGE z -inf +inf BYSCORE LIMIT 1 -1 WITHSCORES
    ZRANGE z 0 -1 LIMIT 1 2
    ZRANGE z x y BYSCORE
    ZRANGE z - + BYLEX
    ZRANGE z - + BYLEX WITHSCORES
    ZRANGE z 0 -1 FOO
    ZREVRANGE z 0 1
    ZREVRANGE z 0 -1 WITHSCORES
    ZRANGEBYSCORE z 1 5
    ZRANGEBYSCORE z (1 5 WITHSCORES
    ZRANGEBYSCORE z -inf inf LIMIT 0 2
    ZRANGEBYSCORE z -inf inf LIMIT -1 2
    ZRANGEBYSCORE z a b
    ZRANGEBYSCORE z 1 5 FOO
    ZREVRANGEBYSCORE z inf -inf
    ZREVRANGEBYSCORE z 5 (1 WITHSCORES LIMIT 0 1
    ZADD lex 0 a 0 b 0 c 0 d 0 e
    ZRANGEBYLEX lex - +
    ZRANGEBYLEX lex [b (d
    ZRANGEBYLEX lex (b [d
    ZRANGEBYLEX lex b d
    ZRANGEBYLEX lex + -
    ZRANGEBYLEX lex - + LIMIT 1 2
    ZREVRANGEBYLEX lex + -
    ZREVRANGEBYLEX lex [d [b
    ZRANGE lex [b [d BYLEX
    ZRANGE lex [d [b BYLEX REV
    ZLEXCOUNT lex - +
    ZLEXCOUNT lex [b [d
    ZLEXCOUNT lex b d
    ZCOUNT z -inf +inf
    ZCOUNT z (1 5
    ZCOUNT z a b
    ZCOUNT nope 0 1
    ZRANGESTORE dst z 0 1
    ZRANGE dst 0 -1 WITHSCORES
    ZRANGESTORE dst z 1 10 BYSCORE LIMIT 0 1
    ZRANGESTORE dst nope 0 -1
    EXISTS dst
    ZRANGESTORE dst z 0 -1 WITHSCORES
    ZREMRANGEBYLEX lex [b (d
    ZREMRANGEBYRANK lex 0 0
    ZREMRANGEBYSCORE lex 0 0
    EXISTS lex
    ZREMRANGEBYRANK nope 0 1
    ZREMRANGEBYRANK z a b
    ZADD p 1 a 2 b 3 c 4 d 5 e
    ZPOPMIN p
    ZPOPMAX p
    ZPOPMIN p 2
    ZPOPMAX p 0
    ZPOPMIN p -1
    ZPOPMIN p x
    ZPOPMIN nope
    ZPOPMIN nope 2
    ZPOPMAX p 5
    EXISTS p
    ZADD p 1 a 2 b 3 c
    ZMPOP 2 nope p MIN
    ZMPOP 1 p MAX COUNT 5
    ZMPOP 1 p MIN
    ZMPOP 0 p MIN
    ZMPOP 1 p FOO
    ZMPOP 1 p MIN COUNT 0
    ZADD a 1 x 2 y 3 z
    ZADD b 10 y 20 z 30 w
    SADD plain x w
    ZUNION 2 a b
    ZUNION 2 a b WITHSCORES
    ZUNION 2 a b WEIGHTS 2 3 WITHSCORES
    ZUNION 2 a b AGGREGATE MAX WITHSCORES
    ZUNION 2 a plain WITHSCORES
    ZINTER 2 a b WITHSCORES
    ZINTER 2 a b AGGREGATE MIN WITHSCORES
    ZINTER 2 a b WEIGHTS 1 x
    ZINTER 2 a b AGGREGATE FOO
    ZDIFF 2 a b
    ZDIFF 2 a b WITHSCORES
    ZDIFF 2 a b WEIGHTS 1 2
    ZUNION 0 a
    ZUNION x a
    ZUNION 3 a b
    ZUNIONSTORE u 2 a b
    ZRANGE u 0 -1 WITHSCORES
    ZINTERSTORE u 2 a b WEIGHTS 2 1
    ZRANGE u 0 -1 WITHSCORES
    ZDIFFSTORE u 2 a b
    ZRANGE u 0 -1 WITHSCORES
    ZINTERSTORE u 2 a nope
    EXISTS u
    ZUNIONSTORE u 0 a
    ZUNIONSTORE u 2 a b WITHSCORES
    ZINTERCARD 2 a b
    ZINTERCARD 2 a b LIMIT 1
    ZINTERCARD 0 a
    ZINTERCARD 2 a b LIMIT -1
    ZINTERCARD 2 a
    ZADD one 1.5 m
    ZRANDMEMBER one
    ZRANDMEMBER one 3
    ZRANDMEMBER one -2
    ZRANDMEMBER one 1 WITHSCORES
    ZRANDMEMBER one -2 WITHSCORES
    ZRANDMEMBER nope
    ZRANDMEMBER nope 1
    ZRANDMEMBER one x
    ZRANDMEMBER one 1 FOO
    ZSCAN a 0
    ZSCAN a 0 MATCH x*
    ZSCAN nope 0
    BZPOPMIN a 1
    BZPOPMAX nope a 1
    BZPOPMIN nope 0.01
    BZMPOP 0.01 1 nope MIN
    BZMPOP 1 1 a MIN
    OBJECT ENCODING z
    ZADD long 1 0123456789012345678901234567890123456789012345678901234567890123456789
    OBJECT ENCODING long
    SET s v
    ZADD s 1 a
    ZSCORE s a
    ZRANGE s 0 -1
    ZUNION 2 a s
    ZUNIONSTORE x 2 a s
    ZINCRBY s 1 a
    ZPOPMIN s
    ZRANK s a
    ZSCAN s 0
    ZADD z
  `),
  transactions: lines(`
    MULTI
    SET a 1
    INCR a
    GET a
    EXEC
    EXEC
    DISCARD
    MULTI
    MULTI
    SET a 5
    DISCARD
    GET a
    MULTI
    SET a
    NOSUCHCOMMAND x
    EXEC
    MULTI
    WATCH a
    EXEC
    MULTI
    LPUSH a x
    SET b 2
    EXEC
    WATCH a
    MULTI
    SET a 9
    EXEC
    WATCH a
    SET a 10
    MULTI
    SET a 11
    EXEC
    GET a
    WATCH a
    SET a 12
    UNWATCH
    MULTI
    GET a
    EXEC
    MULTI
    EXEC
    MULTI
    PING
    ECHO hi
    SELECT 1
    SET x 1
    DBSIZE
    SELECT 0
    EXEC
    MULTI
    PUBLISH c m
    BLPOP nope 0
    BLPOP nope 1
    EXEC
    MULTI
    SUBSCRIBE
    EXEC
    WATCH
    UNWATCH x
  `),
  connection: lines(`
    PING
    PING hello
    PING a b
    ECHO hello
    ECHO
    NOSUCHCOMMAND
    NOSUCHCOMMAND a b c
    nosuch "with space" 0123456789012345678901234567890123456789012345678901234567890123456789 0123456789012345678901234567890123456789012345678901234567890123456789 more
    CLIENT GETNAME
    CLIENT SETNAME me
    CLIENT GETNAME
    CLIENT SETNAME "with space"
    CLIENT SETNAME ""
    CLIENT GETNAME
    CLIENT FOO
    CLIENT
    CLIENT KILL 1.2.3.4:5
    CLIENT KILL ID 0
    CLIENT KILL ID 99999
    CLIENT KILL FOO bar
    CLIENT KILL TYPE foo
    CLIENT NO-EVICT on
    CLIENT NO-EVICT foo
    CLIENT UNPAUSE
    CLIENT REPLY ON
    CLIENT REPLY FOO
    CONFIG GET appendfsync
    CONFIG GET nosuch
    CONFIG SET nosuch 1
    CONFIG SET hash-max-listpack-entries abc
    CONFIG SET hash-max-listpack-entries 512
    CONFIG SET appendfsync
    CONFIG SET appendfsync never
    CONFIG RESETSTAT
    CONFIG FOO
    CONFIG
    AUTH x
    AUTH default x
    AUTH foo x
    AUTH a b c
    HELLO x
    HELLO 4
    HELLO 2 FOO
    HELLO 2 SETNAME "a b"
    PUBLISH ch msg
    PUBSUB CHANNELS
    PUBSUB NUMSUB a b
    PUBSUB NUMPAT
    PUBSUB FOO
    COMMAND GETKEYS MSET a 1 b 2
    COMMAND GETKEYS ZUNIONSTORE d 2 a b
    COMMAND GETKEYS PING
    COMMAND GETKEYS NOSUCH
    COMMAND GETKEYS GET
    COMMAND FOO
    COMMAND INFO nosuch
    COMMAND LIST FILTERBY FOO bar
    OBJECT HELPX
    DEBUG
    RESET
  `),
  subscriptions: lines(`
    SUBSCRIBE a b
    UNSUBSCRIBE a
    UNSUBSCRIBE
    UNSUBSCRIBE
    UNSUBSCRIBE x
    PSUBSCRIBE p*
    PUNSUBSCRIBE
    PING
  `),
};
