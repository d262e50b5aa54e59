/** Parameters of PostgreSQL 15, a line each: name|type|context|unit|min|max|enum values|value at start|category|description|more of it. */
export const postgresSettings = `
allow_in_place_tablespaces|bool|superuser|||||off|Developer Options|Allows tablespaces directly inside pg_tblspc, for testing.|
allow_system_table_mods|bool|superuser|||||off|Developer Options|Allows modifications of the structure of system tables.|
application_name|string|user||||||Reporting and Logging / What to Log|Sets the application name to be reported in statistics and logs.|
archive_cleanup_command|string|sighup||||||Write-Ahead Log / Archive Recovery|Sets the shell command that will be executed at every restart point.|
archive_command|string|sighup||||||Write-Ahead Log / Archiving|Sets the shell command that will be called to archive a WAL file.|This is used only if "archive_library" is not set.
archive_library|string|sighup||||||Write-Ahead Log / Archiving|Sets the library that will be called to archive a WAL file.|An empty string indicates that "archive_command" should be used.
archive_mode|enum|postmaster||||always,on,off|off|Write-Ahead Log / Archiving|Allows archiving of WAL files using archive_command.|
archive_timeout|integer|sighup|s|0|1073741823||0|Write-Ahead Log / Archiving|Sets the amount of time to wait before forcing a switch to the next WAL file.|
array_nulls|bool|user|||||on|Version and Platform Compatibility / Previous PostgreSQL Versions|Enable input of NULL elements in arrays.|When turned on, unquoted NULL in an array input value means a null value; otherwise it is taken literally.
authentication_timeout|integer|sighup|s|1|600||60|Connections and Authentication / Authentication|Sets the maximum allowed time to complete client authentication.|
autovacuum|bool|sighup|||||on|Autovacuum|Starts the autovacuum subprocess.|
autovacuum_analyze_scale_factor|real|sighup||0|100||0.1|Autovacuum|Number of tuple inserts, updates, or deletes prior to analyze as a fraction of reltuples.|
autovacuum_analyze_threshold|integer|sighup||0|2147483647||50|Autovacuum|Minimum number of tuple inserts, updates, or deletes prior to analyze.|
autovacuum_freeze_max_age|integer|postmaster||100000|2000000000||200000000|Autovacuum|Age at which to autovacuum a table to prevent transaction ID wraparound.|
autovacuum_max_workers|integer|postmaster||1|262143||3|Autovacuum|Sets the maximum number of simultaneously running autovacuum worker processes.|
autovacuum_multixact_freeze_max_age|integer|postmaster||10000|2000000000||400000000|Autovacuum|Multixact age at which to autovacuum a table to prevent multixact wraparound.|
autovacuum_naptime|integer|sighup|s|1|2147483||60|Autovacuum|Time to sleep between autovacuum runs.|
autovacuum_vacuum_cost_delay|real|sighup|ms|-1|100||2|Autovacuum|Vacuum cost delay in milliseconds, for autovacuum.|
autovacuum_vacuum_cost_limit|integer|sighup||-1|10000||-1|Autovacuum|Vacuum cost amount available before napping, for autovacuum.|
autovacuum_vacuum_insert_scale_factor|real|sighup||0|100||0.2|Autovacuum|Number of tuple inserts prior to vacuum as a fraction of reltuples.|
autovacuum_vacuum_insert_threshold|integer|sighup||-1|2147483647||1000|Autovacuum|Minimum number of tuple inserts prior to vacuum, or -1 to disable insert vacuums.|
autovacuum_vacuum_scale_factor|real|sighup||0|100||0.2|Autovacuum|Number of tuple updates or deletes prior to vacuum as a fraction of reltuples.|
autovacuum_vacuum_threshold|integer|sighup||0|2147483647||50|Autovacuum|Minimum number of tuple updates or deletes prior to vacuum.|
autovacuum_work_mem|integer|sighup|kB|-1|2147483647||-1|Resource Usage / Memory|Sets the maximum memory to be used by each autovacuum worker process.|
backend_flush_after|integer|user|8kB|0|256||0|Resource Usage / Asynchronous Behavior|Number of pages after which previously performed writes are flushed to disk.|
backslash_quote|enum|user||||safe_encoding,on,off|safe_encoding|Version and Platform Compatibility / Previous PostgreSQL Versions|Sets whether "\\'" is allowed in string literals.|
backtrace_functions|string|superuser||||||Developer Options|Log backtrace for errors in these functions.|
bgwriter_delay|integer|sighup|ms|10|10000||200|Resource Usage / Background Writer|Background writer sleep time between rounds.|
bgwriter_flush_after|integer|sighup|8kB|0|256||64|Resource Usage / Background Writer|Number of pages after which previously performed writes are flushed to disk.|
bgwriter_lru_maxpages|integer|sighup||0|1073741823||100|Resource Usage / Background Writer|Background writer maximum number of LRU pages to flush per round.|
bgwriter_lru_multiplier|real|sighup||0|10||2|Resource Usage / Background Writer|Multiple of the average buffer usage to free per round.|
block_size|integer|internal||8192|8192||8192|Preset Options|Shows the size of a disk block.|
bonjour|bool|postmaster|||||off|Connections and Authentication / Connection Settings|Enables advertising the server via Bonjour.|
bonjour_name|string|postmaster||||||Connections and Authentication / Connection Settings|Sets the Bonjour service name.|
bytea_output|enum|user||||escape,hex|hex|Client Connection Defaults / Statement Behavior|Sets the output format for bytea.|
check_function_bodies|bool|user|||||on|Client Connection Defaults / Statement Behavior|Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.|
checkpoint_completion_target|real|sighup||0|1||0.9|Write-Ahead Log / Checkpoints|Time spent flushing dirty buffers during checkpoint, as fraction of checkpoint interval.|
checkpoint_flush_after|integer|sighup|8kB|0|256||32|Write-Ahead Log / Checkpoints|Number of pages after which previously performed writes are flushed to disk.|
checkpoint_timeout|integer|sighup|s|30|86400||300|Write-Ahead Log / Checkpoints|Sets the maximum time between automatic WAL checkpoints.|
checkpoint_warning|integer|sighup|s|0|2147483647||30|Write-Ahead Log / Checkpoints|Sets the maximum time before warning if checkpoints triggered by WAL volume happen too frequently.|Write a message to the server log if checkpoints caused by the filling of WAL segment files happen more frequently than this amount of time. Zero turns off the warning.
client_connection_check_interval|integer|user|ms|0|2147483647||0|Connections and Authentication / Connection Settings|Sets the time interval between checks for disconnection while running queries.|
client_encoding|string|user|||||SQL_ASCII|Client Connection Defaults / Locale and Formatting|Sets the client's character set encoding.|
client_min_messages|enum|user||||debug5,debug4,debug3,debug2,debug1,log,notice,warning,error|notice|Client Connection Defaults / Statement Behavior|Sets the message levels that are sent to the client.|Each level includes all the levels that follow it. The later the level, the fewer messages are sent.
cluster_name|string|postmaster||||||Reporting and Logging / Process Title|Sets the name of the cluster, which is included in the process title.|
commit_delay|integer|superuser||0|100000||0|Write-Ahead Log / Settings|Sets the delay in microseconds between transaction commit and flushing WAL to disk.|
commit_siblings|integer|user||0|1000||5|Write-Ahead Log / Settings|Sets the minimum number of concurrent open transactions required before performing commit_delay.|
composite_type_mismatch|enum|superuser||||error,warn,disabled|error|Developer Options|Sets how version mismatches of composite values are handled.|Reading a composite value whose row type was altered incompatibly after the value was created normally causes PostgreSQL to report an error. This parameter controls that behavior. Anything other than "error", i.e. "warn" or "disabled", is not safe.
compute_query_id|enum|superuser||||auto,regress,on,off|auto|Statistics / Monitoring|Enables in-core computation of query identifiers.|
config_file|string|postmaster||||||File Locations|Sets the server's main configuration file.|
constraint_exclusion|enum|user||||partition,on,off|partition|Query Tuning / Other Planner Options|Enables the planner to use constraints to optimize queries.|Table scans will be skipped if their constraints guarantee that no rows match the query.
cpu_index_tuple_cost|real|user||0|1.79769e+308||0.005|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of processing each index entry during an index scan.|
cpu_operator_cost|real|user||0|1.79769e+308||0.0025|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of processing each operator or function call.|
cpu_tuple_cost|real|user||0|1.79769e+308||0.01|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of processing each tuple (row).|
cursor_tuple_fraction|real|user||0|1||0.1|Query Tuning / Other Planner Options|Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.|
data_checksums|bool|internal|||||off|Preset Options|Shows whether data checksums are turned on for this cluster.|
data_directory|string|postmaster||||||File Locations|Sets the server's data directory.|
data_directory_mode|integer|internal||0|511||448|Preset Options|Shows the mode of the data directory.|The parameter value is a numeric mode specification in the form accepted by the chmod and umask system calls. (To use the customary octal format the number must start with a 0 (zero).)
data_sync_retry|bool|postmaster|||||off|Error Handling|Whether to continue running after a failure to sync data files.|
DateStyle|string|user|||||ISO, MDY|Client Connection Defaults / Locale and Formatting|Sets the display format for date and time values.|Also controls interpretation of ambiguous date inputs.
db_user_namespace|bool|sighup|||||off|Connections and Authentication / Authentication|Enables per-database user names.|
deadlock_timeout|integer|superuser|ms|1|2147483647||1000|Lock Management|Sets the time to wait on a lock before checking for deadlock.|
debug_assertions|bool|internal|||||off|Preset Options|Shows whether the running server has assertion checks enabled.|
debug_discard_caches|integer|superuser||0|0||0|Developer Options|Aggressively flush system caches for debugging purposes.|
debug_pretty_print|bool|user|||||on|Reporting and Logging / What to Log|Indents parse and plan tree displays.|
debug_print_parse|bool|user|||||off|Reporting and Logging / What to Log|Logs each query's parse tree.|
debug_print_plan|bool|user|||||off|Reporting and Logging / What to Log|Logs each query's execution plan.|
debug_print_rewritten|bool|user|||||off|Reporting and Logging / What to Log|Logs each query's rewritten parse tree.|
default_statistics_target|integer|user||1|10000||100|Query Tuning / Other Planner Options|Sets the default statistics target.|This applies to table columns that have not had a column-specific target set via ALTER TABLE SET STATISTICS.
default_table_access_method|string|user|||||heap|Client Connection Defaults / Statement Behavior|Sets the default table access method for new tables.|
default_tablespace|string|user||||||Client Connection Defaults / Statement Behavior|Sets the default tablespace to create tables and indexes in.|An empty string selects the database's default tablespace.
default_text_search_config|string|user|||||pg_catalog.simple|Client Connection Defaults / Locale and Formatting|Sets default text search configuration.|
default_toast_compression|enum|user||||pglz,lz4|pglz|Client Connection Defaults / Statement Behavior|Sets the default compression method for compressible values.|
default_transaction_deferrable|bool|user|||||off|Client Connection Defaults / Statement Behavior|Sets the default deferrable status of new transactions.|
default_transaction_isolation|enum|user||||serializable,repeatable read,read committed,read uncommitted|read committed|Client Connection Defaults / Statement Behavior|Sets the transaction isolation level of each new transaction.|
default_transaction_read_only|bool|user|||||off|Client Connection Defaults / Statement Behavior|Sets the default read-only status of new transactions.|
dynamic_library_path|string|superuser|||||$libdir|Client Connection Defaults / Other Defaults|Sets the path for dynamically loadable modules.|If a dynamically loadable module needs to be opened and the specified name does not have a directory component (i.e., the name does not contain a slash), the system will search this path for the specified file.
dynamic_shared_memory_type|enum|postmaster||||posix,sysv,mmap|posix|Resource Usage / Memory|Selects the dynamic shared memory implementation used.|
effective_cache_size|integer|user|8kB|1|2147483647||524288|Query Tuning / Planner Cost Constants|Sets the planner's assumption about the total size of the data caches.|That is, the total size of the caches (kernel cache and shared buffers) used for PostgreSQL data files. This is measured in disk pages, which are normally 8 kB each.
effective_io_concurrency|integer|user||0|1000||1|Resource Usage / Asynchronous Behavior|Number of simultaneous requests that can be handled efficiently by the disk subsystem.|
enable_async_append|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of async append plans.|
enable_bitmapscan|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of bitmap-scan plans.|
enable_gathermerge|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of gather merge plans.|
enable_hashagg|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of hashed aggregation plans.|
enable_hashjoin|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of hash join plans.|
enable_incremental_sort|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of incremental sort steps.|
enable_indexonlyscan|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of index-only-scan plans.|
enable_indexscan|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of index-scan plans.|
enable_material|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of materialization.|
enable_memoize|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of memoization.|
enable_mergejoin|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of merge join plans.|
enable_nestloop|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of nested-loop join plans.|
enable_parallel_append|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of parallel append plans.|
enable_parallel_hash|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of parallel hash plans.|
enable_partition_pruning|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables plan-time and execution-time partition pruning.|Allows the query planner and executor to compare partition bounds to conditions in the query to determine which partitions must be scanned.
enable_partitionwise_aggregate|bool|user|||||off|Query Tuning / Planner Method Configuration|Enables partitionwise aggregation and grouping.|
enable_partitionwise_join|bool|user|||||off|Query Tuning / Planner Method Configuration|Enables partitionwise join.|
enable_seqscan|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of sequential-scan plans.|
enable_sort|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of explicit sort steps.|
enable_tidscan|bool|user|||||on|Query Tuning / Planner Method Configuration|Enables the planner's use of TID scan plans.|
escape_string_warning|bool|user|||||on|Version and Platform Compatibility / Previous PostgreSQL Versions|Warn about backslash escapes in ordinary string literals.|
event_source|string|postmaster|||||PostgreSQL|Reporting and Logging / Where to Log|Sets the application name used to identify PostgreSQL messages in the event log.|
exit_on_error|bool|user|||||off|Error Handling|Terminate session on any error.|
extension_destdir|string|superuser||||||File Locations|Path to prepend for extension loading.|This directory is prepended to paths when loading extensions (control and SQL files), and to the '$libdir' directive when loading modules that back functions. The location is made configurable to allow build-time testing of extensions that do not have been installed to their proper location yet.
external_pid_file|string|postmaster||||||File Locations|Writes the postmaster PID to the specified file.|
extra_float_digits|integer|user||-15|3||1|Client Connection Defaults / Locale and Formatting|Sets the number of digits displayed for floating-point values.|This affects real, double precision, and geometric data types. A zero or negative parameter value is added to the standard number of digits (FLT_DIG or DBL_DIG as appropriate). Any value greater than zero selects precise output mode.
force_parallel_mode|enum|user||||off,on,regress|off|Developer Options|Forces use of parallel query facilities.|If possible, run query using a parallel worker and with parallel restrictions.
from_collapse_limit|integer|user||1|2147483647||8|Query Tuning / Other Planner Options|Sets the FROM-list size beyond which subqueries are not collapsed.|The planner will merge subqueries into upper queries if the resulting FROM list would have no more than this many items.
fsync|bool|sighup|||||on|Write-Ahead Log / Settings|Forces synchronization of updates to disk.|The server will use the fsync() system call in several places to make sure that updates are physically written to disk. This ensures that a database cluster will recover to a consistent state after an operating system or hardware crash.
full_page_writes|bool|sighup|||||on|Write-Ahead Log / Settings|Writes full pages to WAL when first modified after a checkpoint.|A page write in process during an operating system crash might be only partially written to disk.  During recovery, the row changes stored in WAL are not enough to recover.  This option writes pages when first modified after a checkpoint to WAL so full recovery is possible.
geqo|bool|user|||||on|Query Tuning / Genetic Query Optimizer|Enables genetic query optimization.|This algorithm attempts to do planning without exhaustive searching.
geqo_effort|integer|user||1|10||5|Query Tuning / Genetic Query Optimizer|GEQO: effort is used to set the default for other GEQO parameters.|
geqo_generations|integer|user||0|2147483647||0|Query Tuning / Genetic Query Optimizer|GEQO: number of iterations of the algorithm.|Zero selects a suitable default value.
geqo_pool_size|integer|user||0|2147483647||0|Query Tuning / Genetic Query Optimizer|GEQO: number of individuals in the population.|Zero selects a suitable default value.
geqo_seed|real|user||0|1||0|Query Tuning / Genetic Query Optimizer|GEQO: seed for random path selection.|
geqo_selection_bias|real|user||1.5|2||2|Query Tuning / Genetic Query Optimizer|GEQO: selective pressure within the population.|
geqo_threshold|integer|user||2|2147483647||12|Query Tuning / Genetic Query Optimizer|Sets the threshold of FROM items beyond which GEQO is used.|
gin_fuzzy_search_limit|integer|user||0|2147483647||0|Client Connection Defaults / Other Defaults|Sets the maximum allowed result for exact search by GIN.|
gin_pending_list_limit|integer|user|kB|64|2147483647||4096|Client Connection Defaults / Statement Behavior|Sets the maximum size of the pending list for GIN index.|
hash_mem_multiplier|real|user||1|1000||2|Resource Usage / Memory|Multiple of work_mem to use for hash tables.|
hba_file|string|postmaster||||||File Locations|Sets the server's "hba" configuration file.|
hot_standby|bool|postmaster|||||on|Replication / Standby Servers|Allows connections and queries during recovery.|
hot_standby_feedback|bool|sighup|||||off|Replication / Standby Servers|Allows feedback from a hot standby to the primary that will avoid query conflicts.|
huge_page_size|integer|postmaster|kB|0|2147483647||0|Resource Usage / Memory|The size of huge page that should be requested.|
huge_pages|enum|postmaster||||off,on,try|try|Resource Usage / Memory|Use of huge pages on Linux or Windows.|
ident_file|string|postmaster||||||File Locations|Sets the server's "ident" configuration file.|
idle_in_transaction_session_timeout|integer|user|ms|0|2147483647||0|Client Connection Defaults / Statement Behavior|Sets the maximum allowed idle time between queries, when in a transaction.|A value of 0 turns off the timeout.
idle_session_timeout|integer|user|ms|0|2147483647||0|Client Connection Defaults / Statement Behavior|Sets the maximum allowed idle time between queries, when not in a transaction.|A value of 0 turns off the timeout.
ignore_checksum_failure|bool|superuser|||||off|Developer Options|Continues processing after a checksum failure.|Detection of a checksum failure normally causes PostgreSQL to report an error, aborting the current transaction. Setting ignore_checksum_failure to true causes the system to ignore the failure (but still report a warning), and continue processing. This behavior could cause crashes or other serious problems. Only has an effect if checksums are enabled.
ignore_invalid_pages|bool|postmaster|||||off|Developer Options|Continues recovery after an invalid pages failure.|Detection of WAL records having references to invalid pages during recovery causes PostgreSQL to raise a PANIC-level error, aborting the recovery. Setting ignore_invalid_pages to true causes the system to ignore invalid page references in WAL records (but still report a warning), and continue recovery. This behavior may cause crashes, data loss, propagate or hide corruption, or other serious problems. Only has an effect during recovery or in standby mode.
ignore_system_indexes|bool|backend|||||off|Developer Options|Disables reading from system indexes.|It does not prevent updating the indexes, so it is safe to use.  The worst consequence is slowness.
in_hot_standby|bool|internal|||||off|Preset Options|Shows whether hot standby is currently active.|
integer_datetimes|bool|internal|||||on|Preset Options|Shows whether datetimes are integer based.|
IntervalStyle|enum|user||||postgres,postgres_verbose,sql_standard,iso_8601|postgres|Client Connection Defaults / Locale and Formatting|Sets the display format for interval values.|
jit|bool|user|||||on|Query Tuning / Other Planner Options|Allow JIT compilation.|
jit_above_cost|real|user||-1|1.79769e+308||100000|Query Tuning / Planner Cost Constants|Perform JIT compilation if query is more expensive.|-1 disables JIT compilation.
jit_debugging_support|bool|superuser-backend|||||off|Developer Options|Register JIT-compiled functions with debugger.|
jit_dump_bitcode|bool|superuser|||||off|Developer Options|Write out LLVM bitcode to facilitate JIT debugging.|
jit_expressions|bool|user|||||on|Developer Options|Allow JIT compilation of expressions.|
jit_inline_above_cost|real|user||-1|1.79769e+308||500000|Query Tuning / Planner Cost Constants|Perform JIT inlining if query is more expensive.|-1 disables inlining.
jit_optimize_above_cost|real|user||-1|1.79769e+308||500000|Query Tuning / Planner Cost Constants|Optimize JIT-compiled functions if query is more expensive.|-1 disables optimization.
jit_profiling_support|bool|superuser-backend|||||off|Developer Options|Register JIT-compiled functions with perf profiler.|
jit_provider|string|postmaster|||||llvmjit|Client Connection Defaults / Shared Library Preloading|JIT provider to use.|
jit_tuple_deforming|bool|user|||||on|Developer Options|Allow JIT compilation of tuple deforming.|
join_collapse_limit|integer|user||1|2147483647||8|Query Tuning / Other Planner Options|Sets the FROM-list size beyond which JOIN constructs are not flattened.|The planner will flatten explicit JOIN constructs into lists of FROM items whenever a list of no more than this many items would result.
krb_caseins_users|bool|sighup|||||off|Connections and Authentication / Authentication|Sets whether Kerberos and GSSAPI user names should be treated as case-insensitive.|
krb_server_keyfile|string|sighup|||||FILE:/etc/postgresql-common/krb5.keytab|Connections and Authentication / Authentication|Sets the location of the Kerberos server key file.|
lc_collate|string|internal|||||C|Preset Options|Shows the collation order locale.|
lc_ctype|string|internal|||||C|Preset Options|Shows the character classification and case conversion locale.|
lc_messages|string|superuser||||||Client Connection Defaults / Locale and Formatting|Sets the language in which messages are displayed.|
lc_monetary|string|user|||||C|Client Connection Defaults / Locale and Formatting|Sets the locale for formatting monetary amounts.|
lc_numeric|string|user|||||C|Client Connection Defaults / Locale and Formatting|Sets the locale for formatting numbers.|
lc_time|string|user|||||C|Client Connection Defaults / Locale and Formatting|Sets the locale for formatting date and time values.|
listen_addresses|string|postmaster|||||localhost|Connections and Authentication / Connection Settings|Sets the host name or IP address(es) to listen to.|
lo_compat_privileges|bool|superuser|||||off|Version and Platform Compatibility / Previous PostgreSQL Versions|Enables backward compatibility mode for privilege checks on large objects.|Skips privilege checks when reading or modifying large objects, for compatibility with PostgreSQL releases prior to 9.0.
local_preload_libraries|string|user||||||Client Connection Defaults / Shared Library Preloading|Lists unprivileged shared libraries to preload into each backend.|
lock_timeout|integer|user|ms|0|2147483647||0|Client Connection Defaults / Statement Behavior|Sets the maximum allowed duration of any wait for a lock.|A value of 0 turns off the timeout.
log_autovacuum_min_duration|integer|sighup|ms|-1|2147483647||600000|Reporting and Logging / What to Log|Sets the minimum execution time above which autovacuum actions will be logged.|Zero prints all actions. -1 turns autovacuum logging off.
log_checkpoints|bool|sighup|||||on|Reporting and Logging / What to Log|Logs each checkpoint.|
log_connections|bool|superuser-backend|||||off|Reporting and Logging / What to Log|Logs each successful connection.|
log_destination|string|sighup|||||stderr|Reporting and Logging / Where to Log|Sets the destination for server log output.|Valid values are combinations of "stderr", "syslog", "csvlog", "jsonlog", and "eventlog", depending on the platform.
log_directory|string|sighup|||||log|Reporting and Logging / Where to Log|Sets the destination directory for log files.|Can be specified as relative to the data directory or as absolute path.
log_disconnections|bool|superuser-backend|||||off|Reporting and Logging / What to Log|Logs end of a session, including duration.|
log_duration|bool|superuser|||||off|Reporting and Logging / What to Log|Logs the duration of each completed SQL statement.|
log_error_verbosity|enum|superuser||||terse,default,verbose|default|Reporting and Logging / What to Log|Sets the verbosity of logged messages.|
log_executor_stats|bool|superuser|||||off|Statistics / Monitoring|Writes executor performance statistics to the server log.|
log_file_mode|integer|sighup||0|511||384|Reporting and Logging / Where to Log|Sets the file permissions for log files.|The parameter value is expected to be a numeric mode specification in the form accepted by the chmod and umask system calls. (To use the customary octal format the number must start with a 0 (zero).)
log_filename|string|sighup|||||postgresql-%Y-%m-%d_%H%M%S.log|Reporting and Logging / Where to Log|Sets the file name pattern for log files.|
log_hostname|bool|sighup|||||off|Reporting and Logging / What to Log|Logs the host name in the connection logs.|By default, connection logs only show the IP address of the connecting host. If you want them to show the host name you can turn this on, but depending on your host name resolution setup it might impose a non-negligible performance penalty.
log_line_prefix|string|sighup|||||%m [%p] |Reporting and Logging / What to Log|Controls information prefixed to each log line.|If blank, no prefix is used.
log_lock_waits|bool|superuser|||||off|Reporting and Logging / What to Log|Logs long lock waits.|
log_min_duration_sample|integer|superuser|ms|-1|2147483647||-1|Reporting and Logging / When to Log|Sets the minimum execution time above which a sample of statements will be logged. Sampling is determined by log_statement_sample_rate.|Zero logs a sample of all queries. -1 turns this feature off.
log_min_duration_statement|integer|superuser|ms|-1|2147483647||-1|Reporting and Logging / When to Log|Sets the minimum execution time above which all statements will be logged.|Zero prints all queries. -1 turns this feature off.
log_min_error_statement|enum|superuser||||debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic|error|Reporting and Logging / When to Log|Causes all statements generating error at or above this level to be logged.|Each level includes all the levels that follow it. The later the level, the fewer messages are sent.
log_min_messages|enum|superuser||||debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic|warning|Reporting and Logging / When to Log|Sets the message levels that are logged.|Each level includes all the levels that follow it. The later the level, the fewer messages are sent.
log_parameter_max_length|integer|superuser|B|-1|1073741823||-1|Reporting and Logging / What to Log|Sets the maximum length in bytes of data logged for bind parameter values when logging statements.|-1 to print values in full.
log_parameter_max_length_on_error|integer|user|B|-1|1073741823||0|Reporting and Logging / What to Log|Sets the maximum length in bytes of data logged for bind parameter values when logging statements, on error.|-1 to print values in full.
log_parser_stats|bool|superuser|||||off|Statistics / Monitoring|Writes parser performance statistics to the server log.|
log_planner_stats|bool|superuser|||||off|Statistics / Monitoring|Writes planner performance statistics to the server log.|
log_recovery_conflict_waits|bool|sighup|||||off|Reporting and Logging / What to Log|Logs standby recovery conflict waits.|
log_replication_commands|bool|superuser|||||off|Reporting and Logging / What to Log|Logs each replication command.|
log_rotation_age|integer|sighup|min|0|35791394||1440|Reporting and Logging / Where to Log|Sets the amount of time to wait before forcing log file rotation.|
log_rotation_size|integer|sighup|kB|0|2097151||10240|Reporting and Logging / Where to Log|Sets the maximum size a log file can reach before being rotated.|
log_startup_progress_interval|integer|sighup|ms|0|2147483647||10000|Reporting and Logging / When to Log|Time between progress updates for long-running startup operations.|0 turns this feature off.
log_statement|enum|superuser||||none,ddl,mod,all|none|Reporting and Logging / What to Log|Sets the type of statements logged.|
log_statement_sample_rate|real|superuser||0|1||1|Reporting and Logging / When to Log|Fraction of statements exceeding log_min_duration_sample to be logged.|Use a value between 0.0 (never log) and 1.0 (always log).
log_statement_stats|bool|superuser|||||off|Statistics / Monitoring|Writes cumulative performance statistics to the server log.|
log_temp_files|integer|superuser|kB|-1|2147483647||-1|Reporting and Logging / What to Log|Log the use of temporary files larger than this number of kilobytes.|Zero logs all files. The default is -1 (turning this feature off).
log_timezone|string|sighup|||||GMT|Reporting and Logging / What to Log|Sets the time zone to use in log messages.|
log_transaction_sample_rate|real|superuser||0|1||0|Reporting and Logging / When to Log|Sets the fraction of transactions from which to log all statements.|Use a value between 0.0 (never log) and 1.0 (log all statements for all transactions).
log_truncate_on_rotation|bool|sighup|||||off|Reporting and Logging / Where to Log|Truncate existing log files of same name during log rotation.|
logging_collector|bool|postmaster|||||off|Reporting and Logging / Where to Log|Start a subprocess to capture stderr, csvlog and/or jsonlog into log files.|
logical_decoding_work_mem|integer|user|kB|64|2147483647||65536|Resource Usage / Memory|Sets the maximum memory to be used for logical decoding.|This much memory can be used by each internal reorder buffer before spilling to disk.
maintenance_io_concurrency|integer|user||0|1000||10|Resource Usage / Asynchronous Behavior|A variant of effective_io_concurrency that is used for maintenance work.|
maintenance_work_mem|integer|user|kB|1024|2147483647||65536|Resource Usage / Memory|Sets the maximum memory to be used for maintenance operations.|This includes operations such as VACUUM and CREATE INDEX.
max_connections|integer|postmaster||1|262143||100|Connections and Authentication / Connection Settings|Sets the maximum number of concurrent connections.|
max_files_per_process|integer|postmaster||64|2147483647||1000|Resource Usage / Kernel Resources|Sets the maximum number of simultaneously open files for each server process.|
max_function_args|integer|internal||100|100||100|Preset Options|Shows the maximum number of function arguments.|
max_identifier_length|integer|internal||63|63||63|Preset Options|Shows the maximum identifier length.|
max_index_keys|integer|internal||32|32||32|Preset Options|Shows the maximum number of index keys.|
max_locks_per_transaction|integer|postmaster||10|2147483647||64|Lock Management|Sets the maximum number of locks per transaction.|The shared lock table is sized on the assumption that at most max_locks_per_transaction * max_connections distinct objects will need to be locked at any one time.
max_logical_replication_workers|integer|postmaster||0|262143||4|Replication / Subscribers|Maximum number of logical replication worker processes.|
max_parallel_maintenance_workers|integer|user||0|1024||2|Resource Usage / Asynchronous Behavior|Sets the maximum number of parallel processes per maintenance operation.|
max_parallel_workers|integer|user||0|1024||8|Resource Usage / Asynchronous Behavior|Sets the maximum number of parallel workers that can be active at one time.|
max_parallel_workers_per_gather|integer|user||0|1024||2|Resource Usage / Asynchronous Behavior|Sets the maximum number of parallel processes per executor node.|
max_pred_locks_per_page|integer|sighup||0|2147483647||2|Lock Management|Sets the maximum number of predicate-locked tuples per page.|If more than this number of tuples on the same page are locked by a connection, those locks are replaced by a page-level lock.
max_pred_locks_per_relation|integer|sighup||-2147483648|2147483647||-2|Lock Management|Sets the maximum number of predicate-locked pages and tuples per relation.|If more than this total of pages and tuples in the same relation are locked by a connection, those locks are replaced by a relation-level lock.
max_pred_locks_per_transaction|integer|postmaster||10|2147483647||64|Lock Management|Sets the maximum number of predicate locks per transaction.|The shared predicate lock table is sized on the assumption that at most max_pred_locks_per_transaction * max_connections distinct objects will need to be locked at any one time.
max_prepared_transactions|integer|postmaster||0|262143||64|Resource Usage / Memory|Sets the maximum number of simultaneously prepared transactions.|
max_replication_slots|integer|postmaster||0|262143||10|Replication / Sending Servers|Sets the maximum number of simultaneously defined replication slots.|
max_slot_wal_keep_size|integer|sighup|MB|-1|2147483647||-1|Replication / Sending Servers|Sets the maximum WAL size that can be reserved by replication slots.|Replication slots will be marked as failed, and segments released for deletion or recycling, if this much space is occupied by WAL on disk.
max_stack_depth|integer|superuser|kB|100|2147483647||100|Resource Usage / Memory|Sets the maximum stack depth, in kilobytes.|
max_standby_archive_delay|integer|sighup|ms|-1|2147483647||30000|Replication / Standby Servers|Sets the maximum delay before canceling queries when a hot standby server is processing archived WAL data.|
max_standby_streaming_delay|integer|sighup|ms|-1|2147483647||30000|Replication / Standby Servers|Sets the maximum delay before canceling queries when a hot standby server is processing streamed WAL data.|
max_sync_workers_per_subscription|integer|sighup||0|262143||2|Replication / Subscribers|Maximum number of table synchronization workers per subscription.|
max_wal_senders|integer|postmaster||0|262143||10|Replication / Sending Servers|Sets the maximum number of simultaneously running WAL sender processes.|
max_wal_size|integer|sighup|MB|2|2147483647||1024|Write-Ahead Log / Checkpoints|Sets the WAL size that triggers a checkpoint.|
max_worker_processes|integer|postmaster||0|262143||8|Resource Usage / Asynchronous Behavior|Maximum number of concurrent worker processes.|
min_dynamic_shared_memory|integer|postmaster|MB|0|2147483647||0|Resource Usage / Memory|Amount of dynamic shared memory reserved at startup.|
min_parallel_index_scan_size|integer|user|8kB|0|715827882||64|Query Tuning / Planner Cost Constants|Sets the minimum amount of index data for a parallel scan.|If the planner estimates that it will read a number of index pages too small to reach this limit, a parallel scan will not be considered.
min_parallel_table_scan_size|integer|user|8kB|0|715827882||1024|Query Tuning / Planner Cost Constants|Sets the minimum amount of table data for a parallel scan.|If the planner estimates that it will read a number of table pages too small to reach this limit, a parallel scan will not be considered.
min_wal_size|integer|sighup|MB|2|2147483647||80|Write-Ahead Log / Checkpoints|Sets the minimum size to shrink the WAL to.|
old_snapshot_threshold|integer|postmaster|min|-1|86400||-1|Resource Usage / Asynchronous Behavior|Time before a snapshot is too old to read pages changed after the snapshot was taken.|A value of -1 disables this feature.
output_plugin_libraries|string|superuser|||||pgoutput, test_decoding|Replication / Sending Servers|Lists libraries that may be named as logical decoding output plugins.|Users with REPLICATION privileges may only use plugins in this list when creating logical replication slots.
parallel_leader_participation|bool|user|||||on|Resource Usage / Asynchronous Behavior|Controls whether Gather and Gather Merge also run subplans.|Should gather nodes also run subplans or just gather tuples?
parallel_setup_cost|real|user||0|1.79769e+308||1000|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of starting up worker processes for parallel query.|
parallel_tuple_cost|real|user||0|1.79769e+308||0.1|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend.|
password_encryption|enum|user||||md5,scram-sha-256|scram-sha-256|Connections and Authentication / Authentication|Chooses the algorithm for encrypting passwords.|
plan_cache_mode|enum|user||||auto,force_generic_plan,force_custom_plan|auto|Query Tuning / Other Planner Options|Controls the planner's selection of custom or generic plan.|Prepared statements can have custom and generic plans, and the planner will attempt to choose which is better.  This can be set to override the default behavior.
port|integer|postmaster||1|65535||5432|Connections and Authentication / Connection Settings|Sets the TCP port the server listens on.|
post_auth_delay|integer|backend|s|0|2147||0|Developer Options|Sets the amount of time to wait after authentication on connection startup.|This allows attaching a debugger to the process.
pre_auth_delay|integer|sighup|s|0|60||0|Developer Options|Sets the amount of time to wait before authentication on connection startup.|This allows attaching a debugger to the process.
primary_conninfo|string|sighup||||||Replication / Standby Servers|Sets the connection string to be used to connect to the sending server.|
primary_slot_name|string|sighup||||||Replication / Standby Servers|Sets the name of the replication slot to use on the sending server.|
promote_trigger_file|string|sighup||||||Replication / Standby Servers|Specifies a file name whose presence ends recovery in the standby.|
quote_all_identifiers|bool|user|||||off|Version and Platform Compatibility / Previous PostgreSQL Versions|When generating SQL fragments, quote all identifiers.|
random_page_cost|real|user||0|1.79769e+308||4|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of a nonsequentially fetched disk page.|
recovery_end_command|string|sighup||||||Write-Ahead Log / Archive Recovery|Sets the shell command that will be executed once at the end of recovery.|
recovery_init_sync_method|enum|sighup||||fsync,syncfs|fsync|Error Handling|Sets the method for synchronizing the data directory before crash recovery.|
recovery_min_apply_delay|integer|sighup|ms|0|2147483647||0|Replication / Standby Servers|Sets the minimum delay for applying changes during recovery.|
recovery_prefetch|enum|sighup||||off,on,try|try|Write-Ahead Log / Recovery|Prefetch referenced blocks during recovery.|Look ahead in the WAL to find references to uncached data.
recovery_target|string|postmaster||||||Write-Ahead Log / Recovery Target|Set to "immediate" to end recovery as soon as a consistent state is reached.|
recovery_target_action|enum|postmaster||||pause,promote,shutdown|pause|Write-Ahead Log / Recovery Target|Sets the action to perform upon reaching the recovery target.|
recovery_target_inclusive|bool|postmaster|||||on|Write-Ahead Log / Recovery Target|Sets whether to include or exclude transaction with recovery target.|
recovery_target_lsn|string|postmaster||||||Write-Ahead Log / Recovery Target|Sets the LSN of the write-ahead log location up to which recovery will proceed.|
recovery_target_name|string|postmaster||||||Write-Ahead Log / Recovery Target|Sets the named restore point up to which recovery will proceed.|
recovery_target_time|string|postmaster||||||Write-Ahead Log / Recovery Target|Sets the time stamp up to which recovery will proceed.|
recovery_target_timeline|string|postmaster|||||latest|Write-Ahead Log / Recovery Target|Specifies the timeline to recover into.|
recovery_target_xid|string|postmaster||||||Write-Ahead Log / Recovery Target|Sets the transaction ID up to which recovery will proceed.|
recursive_worktable_factor|real|user||0.001|1e+06||10|Query Tuning / Other Planner Options|Sets the planner's estimate of the average size of a recursive query's working table.|
remove_temp_files_after_crash|bool|sighup|||||on|Developer Options|Remove temporary files after backend crash.|
restart_after_crash|bool|sighup|||||on|Error Handling|Reinitialize server after backend crash.|
restore_command|string|sighup||||||Write-Ahead Log / Archive Recovery|Sets the shell command that will be called to retrieve an archived WAL file.|
restrict_nonsystem_relation_kind|string|user||||||Client Connection Defaults / Statement Behavior|Prohibits access to non-system relations of specified kinds.|
row_security|bool|user|||||on|Client Connection Defaults / Statement Behavior|Enable row security.|When enabled, row security will be applied to all users.
search_path|string|user|||||"$user", public|Client Connection Defaults / Statement Behavior|Sets the schema search order for names that are not schema-qualified.|
segment_size|integer|internal|8kB|131072|131072||131072|Preset Options|Shows the number of pages per disk file.|
seq_page_cost|real|user||0|1.79769e+308||1|Query Tuning / Planner Cost Constants|Sets the planner's estimate of the cost of a sequentially fetched disk page.|
server_encoding|string|internal|||||SQL_ASCII|Preset Options|Shows the server (database) character set encoding.|
server_version|string|internal|||||15.20 (Debian 15.20-0+deb12u1)|Preset Options|Shows the server version.|
server_version_num|integer|internal||150020|150020||150020|Preset Options|Shows the server version as an integer.|
session_preload_libraries|string|superuser||||||Client Connection Defaults / Shared Library Preloading|Lists shared libraries to preload into each backend.|
session_replication_role|enum|superuser||||origin,replica,local|origin|Client Connection Defaults / Statement Behavior|Sets the session's behavior for triggers and rewrite rules.|
shared_buffers|integer|postmaster|8kB|16|1073741823||16384|Resource Usage / Memory|Sets the number of shared memory buffers used by the server.|
shared_memory_size|integer|internal|MB|0|2147483647||0|Preset Options|Shows the size of the server's main shared memory area (rounded up to the nearest MB).|
shared_memory_size_in_huge_pages|integer|internal||-1|2147483647||-1|Preset Options|Shows the number of huge pages needed for the main shared memory area.|-1 indicates that the value could not be determined.
shared_memory_type|enum|postmaster||||sysv,mmap|mmap|Resource Usage / Memory|Selects the shared memory implementation used for the main shared memory region.|
shared_preload_libraries|string|postmaster||||||Client Connection Defaults / Shared Library Preloading|Lists shared libraries to preload into server.|
ssl|bool|sighup|||||off|Connections and Authentication / SSL|Enables SSL connections.|
ssl_ca_file|string|sighup||||||Connections and Authentication / SSL|Location of the SSL certificate authority file.|
ssl_cert_file|string|sighup|||||server.crt|Connections and Authentication / SSL|Location of the SSL server certificate file.|
ssl_ciphers|string|sighup|||||HIGH:MEDIUM:+3DES:!aNULL|Connections and Authentication / SSL|Sets the list of allowed SSL ciphers.|
ssl_crl_dir|string|sighup||||||Connections and Authentication / SSL|Location of the SSL certificate revocation list directory.|
ssl_crl_file|string|sighup||||||Connections and Authentication / SSL|Location of the SSL certificate revocation list file.|
ssl_dh_params_file|string|sighup||||||Connections and Authentication / SSL|Location of the SSL DH parameters file.|
ssl_ecdh_curve|string|sighup|||||prime256v1|Connections and Authentication / SSL|Sets the curve to use for ECDH.|
ssl_key_file|string|sighup|||||server.key|Connections and Authentication / SSL|Location of the SSL server private key file.|
ssl_library|string|internal|||||OpenSSL|Preset Options|Shows the name of the SSL library.|
ssl_max_protocol_version|enum|sighup||||,TLSv1,TLSv1.1,TLSv1.2,TLSv1.3||Connections and Authentication / SSL|Sets the maximum SSL/TLS protocol version to use.|
ssl_min_protocol_version|enum|sighup||||TLSv1,TLSv1.1,TLSv1.2,TLSv1.3|TLSv1.2|Connections and Authentication / SSL|Sets the minimum SSL/TLS protocol version to use.|
ssl_passphrase_command|string|sighup||||||Connections and Authentication / SSL|Command to obtain passphrases for SSL.|
ssl_passphrase_command_supports_reload|bool|sighup|||||off|Connections and Authentication / SSL|Controls whether ssl_passphrase_command is called during server reload.|
ssl_prefer_server_ciphers|bool|sighup|||||on|Connections and Authentication / SSL|Give priority to server ciphersuite order.|
standard_conforming_strings|bool|user|||||on|Version and Platform Compatibility / Previous PostgreSQL Versions|Causes '...' strings to treat backslashes literally.|
statement_timeout|integer|user|ms|0|2147483647||0|Client Connection Defaults / Statement Behavior|Sets the maximum allowed duration of any statement.|A value of 0 turns off the timeout.
stats_fetch_consistency|enum|user||||none,cache,snapshot|cache|Statistics / Cumulative Query and Index Statistics|Sets the consistency of accesses to statistics data.|
superuser_reserved_connections|integer|postmaster||0|262143||3|Connections and Authentication / Connection Settings|Sets the number of connection slots reserved for superusers.|
synchronize_seqscans|bool|user|||||on|Version and Platform Compatibility / Previous PostgreSQL Versions|Enable synchronized sequential scans.|
synchronous_commit|enum|user||||local,remote_write,remote_apply,on,off|on|Write-Ahead Log / Settings|Sets the current transaction's synchronization level.|
synchronous_standby_names|string|sighup||||||Replication / Primary Server|Number of synchronous standbys and list of names of potential synchronous ones.|
syslog_facility|enum|sighup||||local0,local1,local2,local3,local4,local5,local6,local7|local0|Reporting and Logging / Where to Log|Sets the syslog "facility" to be used when syslog enabled.|
syslog_ident|string|sighup|||||postgres|Reporting and Logging / Where to Log|Sets the program name used to identify PostgreSQL messages in syslog.|
syslog_sequence_numbers|bool|sighup|||||on|Reporting and Logging / Where to Log|Add sequence number to syslog messages to avoid duplicate suppression.|
syslog_split_messages|bool|sighup|||||on|Reporting and Logging / Where to Log|Split messages sent to syslog by lines and to fit into 1024 bytes.|
tcp_keepalives_count|integer|user||0|2147483647||0|Connections and Authentication / Connection Settings|Maximum number of TCP keepalive retransmits.|Number of consecutive keepalive retransmits that can be lost before a connection is considered dead. A value of 0 uses the system default.
tcp_keepalives_idle|integer|user|s|0|2147483647||0|Connections and Authentication / Connection Settings|Time between issuing TCP keepalives.|A value of 0 uses the system default.
tcp_keepalives_interval|integer|user|s|0|2147483647||0|Connections and Authentication / Connection Settings|Time between TCP keepalive retransmits.|A value of 0 uses the system default.
tcp_user_timeout|integer|user|ms|0|2147483647||0|Connections and Authentication / Connection Settings|TCP user timeout.|A value of 0 uses the system default.
temp_buffers|integer|user|8kB|100|1073741823||1024|Resource Usage / Memory|Sets the maximum number of temporary buffers used by each session.|
temp_file_limit|integer|superuser|kB|-1|2147483647||-1|Resource Usage / Disk|Limits the total size of all temporary files used by each process.|-1 means no limit.
temp_tablespaces|string|user||||||Client Connection Defaults / Statement Behavior|Sets the tablespace(s) to use for temporary tables and sort files.|
TimeZone|string|user|||||GMT|Client Connection Defaults / Locale and Formatting|Sets the time zone for displaying and interpreting time stamps.|
timezone_abbreviations|string|user||||||Client Connection Defaults / Locale and Formatting|Selects a file of time zone abbreviations.|
trace_notify|bool|user|||||off|Developer Options|Generates debugging output for LISTEN and NOTIFY.|
trace_recovery_messages|enum|sighup||||debug5,debug4,debug3,debug2,debug1,log,notice,warning,error|log|Developer Options|Enables logging of recovery-related debugging information.|Each level includes all the levels that follow it. The later the level, the fewer messages are sent.
trace_sort|bool|user|||||off|Developer Options|Emit information about resource usage in sorting.|
track_activities|bool|superuser|||||on|Statistics / Cumulative Query and Index Statistics|Collects information about executing commands.|Enables the collection of information on the currently executing command of each session, along with the time at which that command began execution.
track_activity_query_size|integer|postmaster|B|100|1048576||1024|Statistics / Cumulative Query and Index Statistics|Sets the size reserved for pg_stat_activity.query, in bytes.|
track_commit_timestamp|bool|postmaster|||||off|Replication / Sending Servers|Collects transaction commit time.|
track_counts|bool|superuser|||||on|Statistics / Cumulative Query and Index Statistics|Collects statistics on database activity.|
track_functions|enum|superuser||||none,pl,all|none|Statistics / Cumulative Query and Index Statistics|Collects function-level statistics on database activity.|
track_io_timing|bool|superuser|||||off|Statistics / Cumulative Query and Index Statistics|Collects timing statistics for database I/O activity.|
track_wal_io_timing|bool|superuser|||||off|Statistics / Cumulative Query and Index Statistics|Collects timing statistics for WAL I/O activity.|
transaction_deferrable|bool|user|||||off|Client Connection Defaults / Statement Behavior|Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.|
transaction_isolation|enum|user||||serializable,repeatable read,read committed,read uncommitted|read committed|Client Connection Defaults / Statement Behavior|Sets the current transaction's isolation level.|
transaction_read_only|bool|user|||||off|Client Connection Defaults / Statement Behavior|Sets the current transaction's read-only status.|
transform_null_equals|bool|user|||||off|Version and Platform Compatibility / Other Platforms and Clients|Treats "expr=NULL" as "expr IS NULL".|When turned on, expressions of the form expr = NULL (or NULL = expr) are treated as expr IS NULL, that is, they return true if expr evaluates to the null value, and false otherwise. The correct behavior of expr = NULL is to always return null (unknown).
unix_socket_directories|string|postmaster|||||/var/run/postgresql|Connections and Authentication / Connection Settings|Sets the directories where Unix-domain sockets will be created.|
unix_socket_group|string|postmaster||||||Connections and Authentication / Connection Settings|Sets the owning group of the Unix-domain socket.|The owning user of the socket is always the user that starts the server.
unix_socket_permissions|integer|postmaster||0|511||511|Connections and Authentication / Connection Settings|Sets the access permissions of the Unix-domain socket.|Unix-domain sockets use the usual Unix file system permission set. The parameter value is expected to be a numeric mode specification in the form accepted by the chmod and umask system calls. (To use the customary octal format the number must start with a 0 (zero).)
update_process_title|bool|superuser|||||on|Reporting and Logging / Process Title|Updates the process title to show the active SQL command.|Enables updating of the process title every time a new SQL command is received by the server.
vacuum_cost_delay|real|user|ms|0|100||0|Resource Usage / Cost-Based Vacuum Delay|Vacuum cost delay in milliseconds.|
vacuum_cost_limit|integer|user||1|10000||200|Resource Usage / Cost-Based Vacuum Delay|Vacuum cost amount available before napping.|
vacuum_cost_page_dirty|integer|user||0|10000||20|Resource Usage / Cost-Based Vacuum Delay|Vacuum cost for a page dirtied by vacuum.|
vacuum_cost_page_hit|integer|user||0|10000||1|Resource Usage / Cost-Based Vacuum Delay|Vacuum cost for a page found in the buffer cache.|
vacuum_cost_page_miss|integer|user||0|10000||2|Resource Usage / Cost-Based Vacuum Delay|Vacuum cost for a page not found in the buffer cache.|
vacuum_defer_cleanup_age|integer|sighup||0|1000000||0|Replication / Primary Server|Number of transactions by which VACUUM and HOT cleanup should be deferred, if any.|
vacuum_failsafe_age|integer|user||0|2100000000||1600000000|Client Connection Defaults / Statement Behavior|Age at which VACUUM should trigger failsafe to avoid a wraparound outage.|
vacuum_freeze_min_age|integer|user||0|1000000000||50000000|Client Connection Defaults / Statement Behavior|Minimum age at which VACUUM should freeze a table row.|
vacuum_freeze_table_age|integer|user||0|2000000000||150000000|Client Connection Defaults / Statement Behavior|Age at which VACUUM should scan whole table to freeze tuples.|
vacuum_multixact_failsafe_age|integer|user||0|2100000000||1600000000|Client Connection Defaults / Statement Behavior|Multixact age at which VACUUM should trigger failsafe to avoid a wraparound outage.|
vacuum_multixact_freeze_min_age|integer|user||0|1000000000||5000000|Client Connection Defaults / Statement Behavior|Minimum age at which VACUUM should freeze a MultiXactId in a table row.|
vacuum_multixact_freeze_table_age|integer|user||0|2000000000||150000000|Client Connection Defaults / Statement Behavior|Multixact age at which VACUUM should scan whole table to freeze tuples.|
wal_block_size|integer|internal||8192|8192||8192|Preset Options|Shows the block size in the write ahead log.|
wal_buffers|integer|postmaster|8kB|-1|262143||-1|Write-Ahead Log / Settings|Sets the number of disk-page buffers in shared memory for WAL.|
wal_compression|enum|superuser||||pglz,lz4,zstd,on,off|off|Write-Ahead Log / Settings|Compresses full-page writes written in WAL file with specified method.|
wal_consistency_checking|string|superuser||||||Developer Options|Sets the WAL resource managers for which WAL consistency checks are done.|Full-page images will be logged for all data blocks and cross-checked against the results of WAL replay.
wal_decode_buffer_size|integer|postmaster|B|65536|1073741823||524288|Write-Ahead Log / Recovery|Buffer size for reading ahead in the WAL during recovery.|Maximum distance to read ahead in the WAL to prefetch referenced data blocks.
wal_init_zero|bool|superuser|||||on|Write-Ahead Log / Settings|Writes zeroes to new WAL files before first use.|
wal_keep_size|integer|sighup|MB|0|2147483647||0|Replication / Sending Servers|Sets the size of WAL files held for standby servers.|
wal_level|enum|postmaster||||minimal,replica,logical|replica|Write-Ahead Log / Settings|Sets the level of information written to the WAL.|
wal_log_hints|bool|postmaster|||||off|Write-Ahead Log / Settings|Writes full pages to WAL when first modified after a checkpoint, even for a non-critical modification.|
wal_receiver_create_temp_slot|bool|sighup|||||off|Replication / Standby Servers|Sets whether a WAL receiver should create a temporary replication slot if no permanent slot is configured.|
wal_receiver_status_interval|integer|sighup|s|0|2147483||10|Replication / Standby Servers|Sets the maximum interval between WAL receiver status reports to the sending server.|
wal_receiver_timeout|integer|sighup|ms|0|2147483647||60000|Replication / Standby Servers|Sets the maximum wait time to receive data from the sending server.|
wal_recycle|bool|superuser|||||on|Write-Ahead Log / Settings|Recycles WAL files by renaming them.|
wal_retrieve_retry_interval|integer|sighup|ms|1|2147483647||5000|Replication / Standby Servers|Sets the time to wait before retrying to retrieve WAL after a failed attempt.|
wal_segment_size|integer|internal|B|1048576|1073741824||16777216|Preset Options|Shows the size of write ahead log segments.|
wal_sender_timeout|integer|user|ms|0|2147483647||60000|Replication / Sending Servers|Sets the maximum time to wait for WAL replication.|
wal_skip_threshold|integer|user|kB|0|2147483647||2048|Write-Ahead Log / Settings|Minimum size of new file to fsync instead of writing WAL.|
wal_sync_method|enum|sighup||||fsync,fdatasync,open_sync,open_datasync|fdatasync|Write-Ahead Log / Settings|Selects the method used for forcing WAL updates to disk.|
wal_writer_delay|integer|sighup|ms|1|10000||200|Write-Ahead Log / Settings|Time between WAL flushes performed in the WAL writer.|
wal_writer_flush_after|integer|sighup|8kB|0|2147483647||128|Write-Ahead Log / Settings|Amount of WAL written out by WAL writer that triggers a flush.|
work_mem|integer|user|kB|64|2147483647||4096|Resource Usage / Memory|Sets the maximum memory to be used for query workspaces.|This much memory can be used by each internal sort operation and hash table before switching to temporary disk files.
xmlbinary|enum|user||||base64,hex|base64|Client Connection Defaults / Statement Behavior|Sets how binary values are to be encoded in XML.|
xmloption|enum|user||||content,document|content|Client Connection Defaults / Statement Behavior|Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.|
zero_damaged_pages|bool|superuser|||||off|Developer Options|Continues processing past damaged page headers.|Detection of a damaged page header normally causes PostgreSQL to report an error, aborting the current transaction. Setting zero_damaged_pages to true causes the system to instead report a warning, zero out the damaged page, and continue processing. This behavior will destroy data, namely all the rows on the damaged page.
`;
