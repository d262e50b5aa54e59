-- The functions that tell of a partition's place, as columns and as tables.
create table ptree (a int, b int) partition by list (a);
create table ptree_1 partition of ptree for values in (1) partition by range (b);
create table ptree_1_1 partition of ptree_1 for values from (0) to (10);
create table ptree_2 partition of ptree for values in (2);
select pg_partition_ancestors('ptree_1_1');
select * from pg_partition_ancestors('ptree_1_1') with ordinality;
select relid, level from pg_partition_ancestors('ptree_1_1') with ordinality x (relid, level) order by level desc;
select pg_partition_tree('ptree_1');
select relid, parentrelid, isleaf, level from pg_partition_tree('ptree') order by level, relid::text;
select pg_partition_root('ptree_1_1'), pg_partition_root('ptree');
select pg_partition_ancestors('pg_class'), pg_partition_root('pg_class');
select * from pg_partition_tree('pg_class');
drop table ptree;
