package sqlite

// nth returns which message of its content the i-th of those kept together is,
// and the newest delivery that has had this content, 0 where none counts any
// more. The content counts as taken while a delivery of it may still ring on its
// day or has rung today; messages kept together with the same content are one.
func (t *tx) nth(together []letter, i int) (nth, newest int64, err error) {
	l := &together[i]
	newest, ok := t.contents.get(l.content)
	defer func() { l.nth = nth }()
	for j := range together[:i] {
		if together[j].content == l.content && together[j].nth > 0 {
			return together[j].nth, newest, nil
		}
	}
	if !ok {
		return 1, 0, nil
	}
	if nth, err = t.counting(newest, l.content); err != nil || nth == 0 {
		return 1, 0, err
	}
	return nth + 1, newest, nil
}

// late is how long after its Expires a delivery that was leased before may ring.
const late = 60 * 1000 // ms

// counting returns which of its content the newest is that counts, of the
// delivery id and those before it; 0 where none does.
func (t *tx) counting(id, content int64) (nth int64, err error) {
	for id != 0 {
		r, found, err := t.conn.one("SELECT state, expires, rang, nth, prior FROM deliveries WHERE id = ? AND content = ?", id, content)
		if err != nil || !found { // pruned, and so all before it
			return 0, err
		}
		last := r[2]
		if r[0] == queued {
			last = r[1] + late
		}
		if last != 0 && t.opts.endOfDay(last) > t.now {
			return r[3], nil
		}
		id = r[4]
	}
	return 0, nil
}

// countAgain puts a delivery that is queued again among those of its content
// that count, if it is not there any more.
func (t *tx) countAgain(id, content, expires int64) error {
	until := t.opts.endOfDay(expires + late)
	newest, _ := t.contents.get(content)
	at, found := newest, false // found: newest is there
	for at != 0 && at != id {
		r, ok, err := t.conn.one("SELECT prior FROM deliveries WHERE id = ? AND content = ?", at, content)
		if err != nil {
			return err
		}
		if !ok { // pruned, and so all before it
			break
		}
		at, found = r[0], true
	}
	if !found {
		newest = id
	}
	t.contents.put(content, newest, until)
	if at == id || !found {
		return nil
	}
	// Right behind the newest, where each look comes by.
	_, err := t.conn.exec(`UPDATE deliveries SET prior = (SELECT prior FROM deliveries WHERE id = ?) WHERE id = ?`, newest, id)
	if err != nil {
		return err
	}
	_, err = t.conn.exec(`UPDATE deliveries SET prior = ?, nth = max(nth, (SELECT nth FROM deliveries WHERE id = ?)) WHERE id = ?`, id, id, newest)
	return err
}
