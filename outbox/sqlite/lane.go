package sqlite

// laneLife is how long a lane is remembered after its deliveries expire; until
// then Expire will long have been called.
const laneLife = 7 * 24 * 60 * 60 * 1000 // ms

// lane returns the lane of a group for an event whose delivery is being kept,
// and whether that is ready: no older event has one open. A group that has
// drained begins a new lane, named by its first delivery (an event may have
// several groups).
func (t *tx) lane(event, group, expires int64) (lane, ready int64, err error) {
	mine := t.lastDelivery + 1
	if l, ok := t.lanes.get(group); ok {
		oldest, err := t.oldest(l)
		if err != nil {
			return 0, 0, err
		}
		if oldest != 0 {
			t.lanes.put(group, l, expires+laneLife)
			if oldest > event { // what an older event gets later goes first
				_, err = t.setReady(l, oldest, 0)
			}
			return l, number(oldest >= event), err
		}
	}
	t.lanes.put(group, mine, expires+laneLife)
	return mine, 1, nil
}

// named is what the row of a delivery in lane says of it: nothing, where the lane
// is named by that delivery, so that one whose group has no other open, as most
// have not, comes into no index for it.
func named(lane, id int64) any {
	if lane == id {
		return nil
	}
	return null(lane)
}

// laneOf is the lane of a row; NULL where it is in none. Files of version 3 name it
// in the row of its first delivery, too.
const laneOf = "coalesce(lane, CASE WHEN group_id IS NOT NULL THEN id END)"

// oldest returns the oldest event that a lane has open; 0: there is none.
func (t *tx) oldest(lane int64) (event int64, err error) {
	r, _, err := t.conn.one(`SELECT (SELECT event FROM deliveries WHERE id = ? AND state = 0 AND group_id IS NOT NULL),
		(SELECT min(event) FROM deliveries WHERE lane = ? AND state = 0)`, lane, lane)
	if err != nil {
		return 0, err
	}
	if r[0] == 0 || r[1] == 0 {
		return max(r[0], r[1]), nil
	}
	return min(r[0], r[1]), nil
}

// setReady sets whether what a lane has open of an event is ready, and returns how
// much has changed.
func (t *tx) setReady(lane, event, ready int64) (changed int64, err error) {
	for _, sql := range []string{
		"UPDATE deliveries SET ready = ? WHERE id = ? AND event = ? AND state = 0 AND ready <> ? AND group_id IS NOT NULL",
		"UPDATE deliveries SET ready = ? WHERE lane = ? AND event = ? AND state = 0 AND ready <> ?",
	} {
		n, err := t.conn.exec(sql, ready, lane, event, ready)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

// advance makes the oldest open event of a lane ready; 0 is no lane.
func (t *tx) advance(lane int64) error {
	if lane == 0 {
		return nil
	}
	event, err := t.oldest(lane)
	if err != nil || event == 0 {
		return err
	}
	n, err := t.setReady(lane, event, 1)
	if n > 0 {
		t.wake = true
	}
	return err
}
