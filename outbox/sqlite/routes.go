package sqlite

import (
	"slices"
	"sync"
)

// route is what deliveries of one kind share. There are as many as sources,
// rules and message types combine; rows name one by its number.
type route struct {
	source, rule, app, msgtype string
	repeat, onResolve, track   string
}

// routes are all routes, in memory. The writer adds, queries read.
type routes struct {
	mu   sync.RWMutex
	ids  map[route]int64
	byID map[int64]route
	apps map[string]int64 // the lowest route of each app
}

func (r *routes) load(c *conn) error {
	r.ids, r.byID, r.apps = map[route]int64{}, map[int64]route{}, map[string]int64{}
	return c.query(func(v row) error {
		r.add(v.int(0), route{v.text(1), v.text(2), v.text(3), v.text(4), v.text(5), v.text(6), v.text(7)})
		return nil
	}, "SELECT id, source, rule, app, msgtype, repeat, on_resolve, track FROM routes ORDER BY id")
}

func (r *routes) add(id int64, x route) {
	r.ids[x], r.byID[id] = id, x
	if _, ok := r.apps[x.app]; !ok {
		r.apps[x.app] = id
	}
}

// route returns the numbers of x and of its app, after keeping x where it is new.
func (t *tx) route(x route) (id, app int64, err error) {
	r := &t.routes
	if id, ok := r.ids[x]; ok { // only the writer writes: it reads without the lock
		return id, r.apps[x.app], nil
	}
	id = int64(len(r.byID)) + 1
	_, err = t.conn.exec("INSERT INTO routes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		id, x.source, x.rule, x.app, x.msgtype, x.repeat, x.onResolve, x.track)
	if err != nil {
		return 0, 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(id, x)
	t.undo(func() { r.remove(id) })
	return id, r.apps[x.app], nil
}

func (r *routes) remove(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.byID[id]
	delete(r.byID, id)
	delete(r.ids, x)
	if r.apps[x.app] == id {
		delete(r.apps, x.app)
	}
}

func (r *routes) get(id int64) route {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id]
}

// matching returns the routes with these names in ascending order; an empty
// name matches any.
func (r *routes) matching(source, rule, app string) []int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var ids []int64
	for id, x := range r.byID {
		if (source == "" || x.source == source) && (rule == "" || x.rule == rule) && (app == "" || x.app == app) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
