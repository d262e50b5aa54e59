-- aclitem: its text, what compares it and what searches lists of it.
select null::aclitem in (select null::aclitem);
select null::aclitem = null::aclitem;
select '=r/postgres'::aclitem = '=r/postgres'::aclitem;
select array['=r/postgres'::aclitem] @> '=r/postgres'::aclitem;
select array['=rw/postgres'::aclitem] @> '=r/postgres'::aclitem;
select array['=rw/postgres'::aclitem] ~ '=r/postgres'::aclitem;
select array['=rw/postgres'::aclitem] @> '=r*/postgres'::aclitem;
select array['=r*w/postgres'::aclitem] @> '=r/postgres'::aclitem;
select array['=r*w/postgres'::aclitem] @> '=r*/postgres'::aclitem;
select array['=r*w/postgres'::aclitem] @> '=a/postgres'::aclitem;
select array['=r*w/postgres'::aclitem] @> '=/postgres'::aclitem;
select array['postgres=r*w/postgres'::aclitem] @> '=r/postgres'::aclitem;
select array['postgres=r*w/postgres'::aclitem, '=a/postgres'] @> '=a/postgres'::aclitem;
select '{}'::aclitem[] @> '=a/postgres'::aclitem;
select array['=r/postgres'::aclitem] + '=a/postgres'::aclitem;
select array['=r/postgres'::aclitem] + '=a/postgres'::aclitem - '=r/postgres'::aclitem;
select array['=ra/postgres'::aclitem] + 'postgres=a/postgres'::aclitem;
select array['=ra/postgres'::aclitem] - '=a*/postgres'::aclitem;
select '=rw/postgres'::aclitem = '=wr/postgres'::aclitem;
select '=wr/postgres'::aclitem;
select 'nobody=wr/postgres'::aclitem;
-- differs: PostgreSQL warns of the grantor that it takes
select '=wr'::aclitem;
-- differs: PostgreSQL warns of the grantor that it takes
select 'postgres=r'::aclitem;
-- differs: PostgreSQL warns of the grantor that it takes
select 'postgres=x'::aclitem;
-- differs: PostgreSQL warns of the grantor that it takes
select 'postgres=?/postgres'::aclitem;
select 'group postgres=r/postgres'::aclitem;
select 'user postgres=r/postgres'::aclitem;
select 'foo'::aclitem;
select ''::aclitem;
select 'postgres=arwdDxtXUCTc/postgres'::aclitem;
select 'postgres=a*r*w*d*D*x*t*X*U*C*T*c*sA/postgres'::aclitem;
select hash_aclitem('=r/postgres');
select hash_aclitem_extended('=r/postgres', 1);
select hash_aclitem_extended('=r/postgres', 0);
select aclinsert('{}', '=r/postgres');
select aclremove('{}', '=r/postgres');
select aclcontains('{=r/postgres}', '=r/postgres');
select aclitemeq('=r/postgres', '=r/postgres');
select makeaclitem(10, 10, 'select', true);
select makeaclitem(0, 10, 'select, insert', false);
select makeaclitem(0, 10, 'select, foo', false);
select aclexplode('{=r/postgres,postgres=w*/postgres}');
select acldefault('r', 10);
create role "acl items-1";
select '"acl items-1"=r/postgres'::aclitem;
select '=r/"acl items-1"'::aclitem;
-- differs: an empty list of ours has no dimension, in the catalog either
select * from aclexplode('{}');
select * from aclexplode('{=r*w/postgres,"\"acl items-1\"=w/postgres"}') where grantee = 0;
create table acl_items_t (a int);
grant select on acl_items_t to "acl items-1";
select relacl from pg_class where relname = 'acl_items_t';
drop table acl_items_t;
drop role "acl items-1";
select 'group =r/postgres'::aclitem;
select 'group x'::aclitem;
select '=r/'::aclitem;
select '=q/postgres'::aclitem;
-- differs: PostgreSQL warns of the grantor that it takes
select ' = r w / postgres '::aclitem;
select aclcontains(array[null::aclitem], '=r/postgres');
select makeaclitem(0, 10, 'TEMP', false), makeaclitem(0, 10, 'alter system', true), makeaclitem(0, 10, 'rule', true);
