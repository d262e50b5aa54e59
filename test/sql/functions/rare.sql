-- Functions that queries by chance call.
select like_escape('a\\b%'::bytea,'#'::bytea);
select like_escape('a#%b'::bytea,'#'::bytea);
select like_escape('a#%b'::bytea,''::bytea);
select like_escape('a#%b'::bytea,'##'::bytea);
select like_escape('a\\5c%'::bytea,'#'::bytea);
select current_query();
select current_query();
select pg_stat_get_bgwriter_timed_checkpoints() >= 0, pg_stat_get_bgwriter_requested_checkpoints() >= 0, pg_stat_get_bgwriter_buf_written_clean() >= 0, pg_stat_get_bgwriter_maxwritten_clean() >= 0, pg_stat_get_buf_written_backend() >= 0,pg_stat_get_buf_fsync_backend() >= 0, pg_stat_get_buf_alloc() >= 0, pg_stat_get_bgwriter_stat_reset_time() <= now();
select pg_replication_origin_session_is_setup();
select int4range_canonical(int4range(1,2,'[]')), int8range_canonical(int8range(1,2,'(]')), daterange_canonical('[2020-01-01,2020-01-02]'), int4range_canonical('empty');
select int4range_canonical(null);
select nummultirange(variadic array[numrange(1,2), numrange(2,3)]), int8multirange(variadic array[int8range(1,2), int8range(5,6)]);
select hash_range(int4range(1,2)), hash_range_extended(int4range(1,2), 7), hash_multirange(int4multirange(int4range(1,2))), hash_multirange_extended(int4multirange(int4range(1,2)), 7);
select spg_poly_quad_compress('((0,0),(1,3),(2,1))'), pg_stat_force_next_flush() is null;
-- differs: full text search
select 'a'::text @@ 'b'::text;
