package outboxtest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"workbell/outbox"
)

var factTests = []guarantee{
	{"what was learnt last is known, until its end", Options{}, func(r *rig) {
		a := outbox.Fact{Key: "a", Value: []byte("1"), Until: r.ms().Add(time.Minute)}
		b := outbox.Fact{Key: "b", Value: []byte("\x00\xff")}
		r.learns(true, a, false)
		r.learns(true, b, false)
		a.Value = []byte("2")
		r.learns(true, a, false)
		for range 2 {
			r.knows(a, b)
			r.reopen()
		}
		r.Pass(time.Minute - time.Millisecond)
		r.knows(a, b)
		for range 2 {
			r.Pass(time.Millisecond)
			r.knows(b)
		}
	}},
	{"only where nothing is known, if so asked", Options{}, func(r *rig) {
		a := outbox.Fact{Key: "a", Value: []byte("1"), Until: r.ms().Add(time.Minute)}
		other := outbox.Fact{Key: "a", Value: []byte("2")}
		r.learns(true, a, true)
		r.learns(false, other, true)
		r.knows(a)
		r.Pass(time.Minute)
		r.learns(true, other, true)
		r.Pass(1000 * time.Hour)
		r.learns(false, a, true)
		r.knows(other)
	}},
	{"of concurrent callers one is the first", Options{}, func(r *rig) {
		var wg sync.WaitGroup
		var first atomic.Int64
		for c := range 16 {
			wg.Go(func() {
				kept, err := r.s.Learn(r.Context(), outbox.Fact{Key: "a", Value: fmt.Append(nil, c)}, true)
				if err != nil {
					r.Error(err)
				}
				if kept {
					first.Add(1)
				}
			})
		}
		wg.Wait()
		r.is("the first", first.Load(), int64(1))
	}},
	{"Forget removes, and minds no unknown key", Options{}, func(r *rig) {
		a, b := outbox.Fact{Key: "a", Value: []byte("1")}, outbox.Fact{Key: "b", Value: []byte("1")}
		r.learns(true, a, false)
		r.learns(true, b, false)
		r.ok(r.s.Forget(r.Context(), "a", "c"))
		r.knows(b)
		r.learns(true, a, true)
		r.knows(a, b)
	}},
	{"Prune leaves what is known", Options{}, func(r *rig) {
		a := outbox.Fact{Key: "a", Value: []byte("1"), Until: r.ms().Add(time.Hour)}
		b := outbox.Fact{Key: "b", Value: []byte("1")}
		r.learns(true, a, false)
		r.learns(true, b, false)
		r.Pass(time.Hour - time.Millisecond)
		r.prunes(0)
		r.knows(a, b)
		r.Pass(time.Millisecond)
		r.prunes(0)
		r.knows(b)
	}},
	{"a fact without a key is an error", Options{}, func(r *rig) {
		if _, err := r.s.Learn(r.Context(), outbox.Fact{Value: []byte("1")}, false); err == nil {
			r.Error("Learn kept it")
		}
	}},
}

func (r *rig) learns(want bool, f outbox.Fact, ifNew bool) {
	r.Helper()
	kept, err := r.s.Learn(r.Context(), f, ifNew)
	r.ok(err)
	r.is("Learn kept it", kept, want)
}

// knows wants these to be all that is known of the keys a, b and c.
func (r *rig) knows(want ...outbox.Fact) {
	r.Helper()
	facts := map[string]outbox.Fact{}
	for _, f := range want {
		facts[f.Key] = f
	}
	got, err := r.s.Facts(r.Context(), "c", "b", "a")
	r.ok(err)
	r.is("known", got, facts)
}
