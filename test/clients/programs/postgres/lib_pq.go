// lib/pq through database/sql: types, prepared statements, COPY, arrays, LISTEN, errors. Prints what it saw.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/lib/pq"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	dsn := "host=127.0.0.1 port=" + os.Args[1] + " user=postgres dbname=postgres sslmode=disable search_path=libpq_test client_min_messages=warning"
	db, err := sql.Open("postgres", dsn)
	check(err)
	_, err = db.Exec("drop schema if exists libpq_test cascade; create schema libpq_test")
	check(err)
	_, err = db.Exec("create table item (id serial primary key, name text unique, price numeric, at timestamptz, tags text[], raw bytea, ok bool, nums int8[])")
	check(err)
	var id int
	check(db.QueryRow("insert into item (name, price, at, tags, raw, ok, nums) values ($1, $2, $3, $4, $5, $6, $7) returning id", "né", 1.5, time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC), pq.Array([]string{"a", "b \"c\""}), []byte{0, 255}, true, pq.Array([]int64{1, 2})).Scan(&id))
	var name, price string
	var at time.Time
	var tags []string
	var raw []byte
	var nums []int64
	var ok sql.NullBool
	check(db.QueryRow("select name, price, at, tags, raw, ok, nums from item where id = $1", id).Scan(&name, &price, &at, pq.Array(&tags), &raw, &ok, pq.Array(&nums)))
	fmt.Println(id, name, price, at.UTC(), tags, raw, ok, nums)
	tx, err := db.Begin()
	check(err)
	statement, err := tx.Prepare(pq.CopyInSchema("libpq_test", "item", "name", "price"))
	check(err)
	for i := 0; i < 1000; i++ {
		_, err = statement.Exec(fmt.Sprintf("n%d", i), i)
		check(err)
	}
	_, err = statement.Exec()
	check(err)
	check(statement.Close())
	check(tx.Commit())
	var count int
	check(db.QueryRow("select count(*) from item").Scan(&count))
	fmt.Println(count)
	prepared, err := db.Prepare("select name from item where price > $1 order by id limit $2")
	check(err)
	rows, err := prepared.Query(990, 3)
	check(err)
	types, _ := rows.ColumnTypes()
	for rows.Next() {
		check(rows.Scan(&name))
		fmt.Print(name, " ")
	}
	fmt.Println(types[0].DatabaseTypeName())
	for _, q := range []string{"insert into item (name) values ('n1')", "select nosuch", "selec", "select 1/0"} {
		_, err = db.Exec(q)
		e := err.(*pq.Error)
		fmt.Println(e.Code, e.Code.Name(), e.Message, e.Detail, e.Constraint, e.Table, e.Position)
	}
	tx, err = db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
	check(err)
	var level string
	check(tx.QueryRow("show transaction_isolation").Scan(&level))
	_, err = tx.Exec("delete from item")
	fmt.Println(level, err)
	check(tx.Rollback())
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err = db.ExecContext(ctx, "select pg_sleep(20)")
	fmt.Println(err)
	listener := pq.NewListener(dsn, time.Second, time.Minute, nil)
	check(listener.Listen("news"))
	_, err = db.Exec("notify news, 'hello'")
	check(err)
	n := <-listener.Notify
	fmt.Println(n.Channel, n.Extra)
	check(listener.Close())
	results, err := db.Query("select 1; select 'two'")
	check(err)
	results.Next()
	check(results.Scan(&count))
	fmt.Println(count, results.NextResultSet())
	results.Close()
	_, err = db.Exec("drop schema libpq_test cascade")
	check(err)
}
