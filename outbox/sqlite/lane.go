package sqlite

// laneLife is how long a lane is remembered after its deliveries expire; until
// then Expire will long have been called.
const laneLife = 7 * 24 * 60 * 60 * 1000 // ms

// lane returns the lane of a group for an event whose delivery is being kept,
// and whether that is ready: no older event has one open. A group that has
// drained begins a new lane, named by its first delivery (an event may have
// several groups), so that lanes ascend and their index is appended to.
func (t *tx) lane(event, group, expires int64) (lane any, ready int64, err error) {
	mine := t.lastDelivery + 1
	if l, ok := t.lanes.get(group); ok {
		oldest, _, err := t.conn.one("SELECT min(event) FROM deliveries WHERE lane = ? AND state = 0", l)
		if err != nil {
			return nil, 0, err
		}
		if oldest[0] != 0 {
			t.lanes.put(group, l, expires+laneLife)
			if oldest[0] > event { // what an older event gets later goes first
				_, err = t.conn.exec("UPDATE deliveries SET ready = 0 WHERE lane = ? AND state = 0 AND ready = 1", l)
			}
			return l, number(oldest[0] >= event), err
		}
	}
	t.lanes.put(group, mine, expires+laneLife)
	return mine, 1, nil
}
