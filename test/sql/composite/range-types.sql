-- CREATE TYPE AS RANGE.
create type cra as range (subtype = int4);
create type cra as range (subtype = int4);
select cra(1,5), '[1,5]'::cra, cra(1,5,'[]') && cra(5,6), upper(cra(1,3)), isempty(cra(1,1)), cra_multirange(cra(1,2));
select cra '[1,2)' = cra(1,2), cra(1,4) - cra(2,3);
select cra(1,4) - cra(3,9), cra(1,4) + cra(3,9), cra(1,9) * cra(3,20);
create table rt (r cra, m multicra);
create table rt (r cra);
insert into rt values ('[1,3]'), ('empty'), (null), ('(,5)');
select * from rt order by r;
select range_agg(r), range_intersect_agg(r) from rt where not isempty(r);
select lower(r), lower_inc(r), upper_inf(r) from rt order by r;
create type bad as range ();
create type bad as range (subtype = json);
create type bad as range (subtype = int4, foo = 1);
create type textr as range (subtype = text, collation = "C");
select textr('a','c') @> 'b'::text;
drop type cra;
drop type cra cascade;
