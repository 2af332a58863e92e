package sqlite

import "workbell/outbox"

// whole reads one delivery as Get returns it, or outbox.ErrNotFound.
func (c *conn) whole(routes *routes, id int64) (d outbox.Delivery, err error) {
	if d, err = c.delivery(routes, id); err != nil {
		return d, err
	}
	for _, part := range []struct {
		sql string
		add func(row)
	}{
		{"SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = ? ORDER BY number", func(r row) {
			d.Attempts = append(d.Attempts, outbox.Attempt{
				Number: int(r.int(0)), Began: instant(r.int(1)), Ended: instant(r.int(2)), Outcome: outbox.Outcome(r.text(3)),
				Code: r.text(4), Error: r.text(5), RequestID: r.text(6), TaskID: r.int(7),
			})
		}},
		{"SELECT user, fate, code, words, at FROM receipts WHERE delivery = ? ORDER BY user", func(r row) {
			d.Receipts = append(d.Receipts, outbox.Receipt{
				User: r.text(0), Fate: outbox.Fate(r.text(1)), Code: r.text(2), Words: r.text(3), At: instant(r.int(4)),
			})
		}},
		{"SELECT at, note FROM notes WHERE delivery = ? ORDER BY number", func(r row) {
			d.Notes = append(d.Notes, outbox.Note{At: instant(r.int(0)), Text: r.text(1)})
		}},
		{"SELECT kind, due, event, step, tries FROM followups WHERE delivery = ? ORDER BY kind", func(r row) {
			d.Followups = append(d.Followups, outbox.Followup{
				Kind: outbox.Kind(r.text(0)), Due: instant(r.int(1)), Event: r.int(2), Step: int(r.int(3)), Tries: int(r.int(4)),
			})
		}},
	} {
		err := c.query(func(r row) error {
			part.add(r)
			return nil
		}, part.sql, id)
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

// receive keeps what was learnt of recipients, each in place of what was known
// of that one.
func (t *tx) receive(delivery int64, receipts []outbox.Receipt) error {
	for _, r := range receipts {
		_, err := t.conn.exec("INSERT OR REPLACE INTO receipts (delivery, user, fate, code, words, at) VALUES (?, ?, ?, ?, ?, ?)",
			delivery, r.User, string(r.Fate), text(r.Code), text(r.Words), t.now)
		if err != nil {
			return err
		}
	}
	return nil
}

// note adds a line to a delivery's history, where there is one to add.
func (t *tx) note(delivery int64, line string) error {
	if line == "" {
		return nil
	}
	_, err := t.conn.exec(`INSERT INTO notes (delivery, number, at, note)
		SELECT ?, 1 + coalesce(max(number), 0), ?, ? FROM notes WHERE delivery = ?`, delivery, t.now, line, delivery)
	return err
}
