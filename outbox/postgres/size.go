package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// kept are the tables that grow with what is kept.
var kept = []string{"events", "deliveries", "attempts", "followups", "receipts", "notes", "facts", "taken", "grouped", "sourced"}

// sampled is how many pages of a table Size looks at. Where half of a table's are
// empty the standard error is a twentieth.
const sampled = 400

// Size estimates how many bytes of disk what is kept takes, indexes included: the
// tables' files, less the share of them that removed and replaced rows have left
// free. That share is taken from sampled pages of each table, since PostgreSQL
// counts it nowhere: small stores are counted, of large ones it is known to about a
// twentieth. A store that is larger than it need be (VACUUM FULL) shows as what it
// needs.
func (s *Store) Size(ctx context.Context) (size int64, err error) {
	err = s.read(ctx, "measuring the store", func(t *tx) error {
		files := make([]extent, len(kept))
		for i, table := range kept {
			t.ask(files[i].scan, "SELECT pg_relation_size(r) / current_setting('block_size')::bigint, pg_table_size(r), pg_total_relation_size(r) FROM to_regclass($1) r", table)
		}
		if err := t.send(); err != nil {
			return err
		}
		size = 0
		for i, table := range kept {
			f := files[i]
			if f.pages == 0 {
				continue
			}
			percent := min(100, 100*float64(sampled)/float64(f.pages))
			t.ask(func(r pgx.Rows) error {
				var live float64
				err := r.Scan(&live)
				size += int64(float64(f.total) * min(1, live*100/percent/float64(f.table)))
				return err
			}, "SELECT coalesce(sum(pg_column_size(t.*) + 4), 0)::float8 FROM "+table+" t TABLESAMPLE SYSTEM ($1) REPEATABLE (1)", percent) // 4: a row's pointer
		}
		return t.send()
	})
	return size, err
}

// extent is what a table takes.
type extent struct {
	pages int64 // of its rows
	table int64 // bytes, without indexes
	total int64 // bytes
}

func (e *extent) scan(r pgx.Rows) error { return r.Scan(&e.pages, &e.table, &e.total) }
