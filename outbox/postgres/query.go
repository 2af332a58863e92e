package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// columns are those that scan reads, of deliveries d.
const columns = `d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked`

// scan reads columns and what comes after them.
func scan(r pgx.Rows, d *outbox.Delivery, more ...any) error {
	var group, body []byte
	var people string
	var state, created, due, expires, updated, resolved, acked int64
	err := r.Scan(append([]any{
		&d.ID, &d.Event, &d.Rule, &d.App, &d.Msgtype, &d.Repeat, &d.OnResolve, &d.Track, &d.Priority, &group, &body, &people,
		&state, &d.Reason, &d.Spent, &d.Tries, &d.TaskID, &created, &due, &expires, &updated, &d.Of, &d.Cause, &resolved, &acked,
	}, more...)...)
	if err != nil {
		return err
	}
	d.Group, d.Body, d.State = string(group), body, codes[state]
	d.Created, d.Due, d.Updated, d.Resolved, d.Acked = instant(created), instant(due), instant(updated), instant(resolved), instant(acked)
	if expires != never {
		d.Expires = instant(expires)
	}
	if err := json.Unmarshal([]byte(people), &d.To); err != nil {
		return fmt.Errorf("reading the recipients of delivery %d: %w", d.ID, err)
	}
	return nil
}

// delivery reads one delivery without what only Get adds, or outbox.ErrNotFound.
func (t *tx) delivery(id int64) (d outbox.Delivery, err error) {
	err = refusal{outbox.ErrNotFound}
	failed := t.each(func(r pgx.Rows) error {
		err = nil
		return scan(r, &d)
	}, "SELECT "+columns+" FROM deliveries d WHERE id = $1", id)
	if failed != nil {
		err = failed
	}
	return d, err
}

// Get returns one delivery with all that is its, or outbox.ErrNotFound.
func (s *Store) Get(ctx context.Context, id int64) (d outbox.Delivery, err error) {
	err = s.read(ctx, "reading a delivery", func(t *tx) (err error) {
		d, err = t.whole(id)
		return err
	})
	return d, err
}

// whole reads one delivery as Get returns it, or outbox.ErrNotFound.
func (t *tx) whole(id int64) (outbox.Delivery, error) {
	d, err := t.delivery(id)
	if err != nil {
		return d, err
	}
	t.ask(func(r pgx.Rows) error {
		var a outbox.Attempt
		var began, ended int64
		err := r.Scan(&a.Number, &began, &ended, &a.Outcome, &a.Code, &a.Error, &a.RequestID, &a.TaskID)
		a.Began, a.Ended = instant(began), instant(ended)
		d.Attempts = append(d.Attempts, a)
		return err
	}, "SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = $1 ORDER BY number", id)
	t.ask(func(r pgx.Rows) error {
		var x outbox.Receipt
		var at int64
		err := r.Scan(&x.User, &x.Fate, &x.Code, &x.Words, &at)
		x.At = instant(at)
		d.Receipts = append(d.Receipts, x)
		return err
	}, `SELECT person, fate, code, words, at FROM receipts WHERE delivery = $1 ORDER BY person COLLATE "C"`, id)
	t.ask(func(r pgx.Rows) error {
		var n outbox.Note
		var at int64
		err := r.Scan(&at, &n.Text)
		n.At = instant(at)
		d.Notes = append(d.Notes, n)
		return err
	}, "SELECT at, note FROM notes WHERE delivery = $1 ORDER BY number", id)
	t.ask(func(r pgx.Rows) error {
		var f outbox.Followup
		err := scanFollowup(r, &f)
		d.Followups = append(d.Followups, f)
		return err
	}, "SELECT "+followupColumns+` FROM followups f WHERE delivery = $1 ORDER BY kind COLLATE "C"`, id)
	return d, t.send()
}

// Event returns one event, or outbox.ErrNotFound.
func (s *Store) Event(ctx context.Context, id int64) (e outbox.Event, err error) {
	err = s.read(ctx, "reading an event", func(t *tx) error {
		err := error(refusal{outbox.ErrNotFound})
		failed := t.each(func(r pgx.Rows) error {
			var key, payload []byte
			var headers string
			if err = scanEvent(r, &e, &key, &payload, &headers); err != nil {
				return err
			}
			e.Key, e.Payload = string(key), payload
			if len(payload) == 0 { // as it was given
				e.Payload = nil
			}
			if headers != "" {
				return json.Unmarshal([]byte(headers), &e.Headers)
			}
			return nil
		}, "SELECT "+eventColumns+", key, payload, headers FROM events e WHERE id = $1", id)
		if failed != nil {
			err = failed
		}
		return err
	})
	return e, err
}

// Events returns events, newest first; see outbox.Store.
func (s *Store) Events(ctx context.Context, f outbox.EventFilter) (list []outbox.Event, err error) {
	f = f.Bounded()
	err = s.read(ctx, "listing events", func(t *tx) error {
		list = nil
		if f.Source != "" {
			return t.ofSource(f, &list)
		}
		t.askEvents(f, &list)
		return t.send()
	})
	return list, err
}

// askEvents adds to list, when it is sent, the events that f selects.
func (t *tx) askEvents(f outbox.EventFilter, list *[]outbox.Event) {
	t.ask(func(r pgx.Rows) error {
		var e outbox.Event
		err := scanEvent(r, &e)
		*list = append(*list, e)
		return err
	}, "SELECT "+eventColumns+" FROM events e WHERE id < $1 AND id > $2 AND ($3 = '' OR source = $3) ORDER BY id DESC LIMIT $4", f.Before, f.After, f.Source, f.Limit)
}

// eventColumns are those that scanEvent reads, of events e.
const eventColumns = "e.id, e.source, e.kind, e.name, e.status, e.severity, e.title, e.group_key, e.faults, e.received, e.calls"

// scanEvent reads eventColumns and what comes after them.
func scanEvent(r pgx.Rows, e *outbox.Event, more ...any) error {
	var name, status, severity, title, group, faults []byte
	var received int64
	err := r.Scan(append([]any{&e.ID, &e.Source, &e.Kind, &name, &status, &severity, &title, &group, &faults, &received, &e.Calls}, more...)...)
	e.Name, e.Status, e.Severity, e.Title = string(name), string(status), string(severity), string(title)
	e.GroupKey, e.Faults, e.Received = string(group), string(faults), instant(received)
	return err
}

// List returns deliveries, newest first; see outbox.Store.
func (s *Store) List(ctx context.Context, f outbox.Filter) (list []outbox.Delivery, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 500)
	err = s.read(ctx, "listing deliveries", func(t *tx) error {
		list = nil
		if f.GroupKey != "" && f.Event == 0 && f.Of == 0 && f.WaitsWith == 0 {
			return t.ofGroup(f, &list)
		}
		return t.list(f, within{}, &list)
	})
	return list, err
}

// within restricts a list further; zero fields do not.
type within struct {
	after int64 // ids above this
	ids   []int64
}

// list adds to all what f selects within w, as long as it has less than f.Limit.
func (t *tx) list(f outbox.Filter, w within, all *[]outbox.Delivery) error {
	if f.Limit -= len(*all); f.Limit <= 0 {
		return nil
	}
	where, args := conditions(f, w)
	return t.each(func(r pgx.Rows) error {
		var d outbox.Delivery
		err := scan(r, &d)
		*all = append(*all, d)
		return err
	}, "SELECT "+columns+" FROM deliveries d WHERE "+where+" ORDER BY d.id DESC LIMIT $1", args...)
}

// conditions are those of a filter, with their arguments from $1, the limit. What is
// asked of the event is asked for each delivery: as a join, a plan for any
// arguments may begin with reading all events.
func conditions(f outbox.Filter, w within) (string, []any) {
	all, args := []string{"true"}, []any{f.Limit}
	add := func(wanted bool, sql string, arg any) {
		if wanted {
			args = append(args, arg)
			all = append(all, fmt.Sprintf(sql, len(args)))
		}
	}
	var states []int64
	for _, s := range f.States {
		states = append(states, code(s))
	}
	add(f.Before > 0, "d.id < $%d", f.Before)
	add(w.after > 0, "d.id > $%d", w.after)
	add(w.ids != nil, "d.id = ANY($%d)", w.ids)
	add(len(states) > 0, "d.state = ANY($%d)", states)
	add(f.Rule != "", "d.rule = $%d", f.Rule)
	add(f.App != "", "d.app = $%d", f.App)
	add(f.Event != 0, "d.id = ANY(ARRAY("+fmt.Sprintf("SELECT d.id FROM events e JOIN deliveries d ON %s WHERE e.id = $%%d", ofEvent)+"))", f.Event)
	add(f.Of != 0, "d.parent = $%d AND d.parent <> 0", f.Of)
	add(f.WaitsWith != 0, "d.waits = (SELECT waits FROM deliveries WHERE id = $%d) AND d.waits <> 0", f.WaitsWith)
	add(f.Source != "", "(SELECT e.source FROM events e WHERE e.id = d.event) = $%d", f.Source)
	add(f.GroupKey != "", "(SELECT e.group_key FROM events e WHERE e.id = d.event) = $%d", []byte(f.GroupKey))
	return strings.Join(all, " AND "), args
}
