-- Procedures: CALL with defaults, names and OUT parameters.
create table ft (id int, v text);
create procedure pr1() language sql as 'insert into ft values (100,''p'')';
call pr1();
call pr1(1);
select count(*) from ft;
create procedure pr2(inout a int, b int default 5) language sql as 'select a + b';
call pr2(1);
call pr2(1, 2);
call pr2(b => 1, a => 2);
alter procedure pr1() rename to pr9;
call pr1();
call pr9();
alter procedure pr9() strict;
drop function pr9();
drop procedure pr9();
drop routine pr2(int,int);
drop routine if exists pr2(int,int);
