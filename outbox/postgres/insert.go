package postgres

import (
	"fmt"
	"strings"
)

// columnsOf are the columns of a table that rows are given for.
type columnsOf struct {
	types []string
	sql   string // inserts rows given as one array for each column
}

// table returns what insert needs to know: columns as "name type".
func table(name string, columns ...string) columnsOf {
	var c columnsOf
	var names, arrays []string
	for i, column := range columns {
		n, kind, _ := strings.Cut(column, " ")
		names, c.types = append(names, n), append(c.types, kind)
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, kind))
	}
	c.sql = "INSERT INTO " + name + " (" + strings.Join(names, ", ") + ") SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ")"
	return c
}

// insert queues one statement for all rows.
func (t *tx) insert(into columnsOf, rows [][]any) {
	if len(rows) == 0 {
		return
	}
	args := make([]any, len(into.types))
	for i, kind := range into.types {
		switch kind {
		case "bigint":
			args[i] = column[int64](rows, i)
		case "text":
			args[i] = column[string](rows, i)
		case "bytea":
			args[i] = column[[]byte](rows, i)
		case "boolean":
			args[i] = column[bool](rows, i)
		}
	}
	t.later(into.sql, args...)
}

// column is one of the columns of rows. A value of another type is a mistake in
// this package, and panics.
func column[T any](rows [][]any, i int) []T {
	all := make([]T, len(rows))
	for n, row := range rows {
		all[n] = row[i].(T)
	}
	return all
}
