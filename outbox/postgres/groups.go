package postgres

import "workbell/outbox"

// Of a group's deliveries these many are looked at by notes, and then a few more. A
// group of which there are as many is met as soon by going through all deliveries,
// or those in the wanted states.
const (
	firstOfGroup = 1000
	moreOfGroup  = 8_000
)

// inGroup finds up to $3 deliveries before $2 that may be of the group with the
// fingerprint $1, newest first.
const inGroup = `SELECT first + n - 1 FROM (SELECT first, lot FROM grouped WHERE first < $2 AND $1 = ANY(lot) ORDER BY first DESC) g,
	unnest(array_positions(lot, $1)) n WHERE first + n - 1 < $2 ORDER BY first DESC, n DESC LIMIT $3`

// ofGroup adds to all the deliveries that f selects, among which a group: those
// that are not noted yet, and then by notes.
func (t *tx) ofGroup(f outbox.Filter, all *[]outbox.Delivery) error {
	var noted int64
	if _, err := t.one(grouped.last, nil, &noted); err != nil {
		return err
	}
	if err := t.list(f, within{after: noted}, all); err != nil {
		return err
	}
	if f.Before == 0 || f.Before > noted {
		f.Before = noted + 1
	}
	for _, n := range []int{firstOfGroup, moreOfGroup} {
		if len(*all) == f.Limit {
			return nil
		}
		some, err := t.ids(inGroup, groupPrint(f.GroupKey), f.Before, n)
		if err != nil || len(some) == 0 {
			return err
		}
		if err := t.list(f, within{ids: some}, all); err != nil || len(some) < n {
			return err
		}
		f.Before = some[n-1]
	}
	return t.list(f, within{}, all)
}

// withSource finds up to $4 lots that have events of the source $1 and that may lie
// between $2 and $3, newest first.
const withSource = "SELECT first FROM sourced WHERE first > $2 - 499 AND first < $3 AND $1 = ANY(lot) ORDER BY first DESC LIMIT $4"

// ofSource adds to list the events that f selects, among which a source: those that
// are not noted yet, and then of lots that have some; of ever more lots at once,
// since most callers have enough with the first.
func (t *tx) ofSource(f outbox.EventFilter, list *[]outbox.Event) error {
	var noted int64
	if _, err := t.one(sourced.last, nil, &noted); err != nil {
		return err
	}
	fresh := f
	fresh.After = max(f.After, noted)
	t.askEvents(fresh, list)
	if err := t.send(); err != nil {
		return err
	}
	f.Before = min(f.Before, noted+1)
	for n := 1; len(*list) < f.Limit; n = min(8*n, 64) {
		some, err := t.ids(withSource, f.Source, f.After, f.Before, n)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, first := range some {
			lot := f
			lot.Before, lot.After = min(f.Before, first+lotSize), max(f.After, first-1)
			t.askEvents(lot, list)
		}
		if err := t.send(); err != nil {
			return err
		}
		f.Before = some[len(some)-1]
	}
	*list = (*list)[:min(len(*list), f.Limit)]
	return nil
}
