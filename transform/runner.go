package transform

import (
	"time"

	"github.com/expr-lang/expr/vm"

	"workbell/source"
)

// program is a compiled expression.
type program struct {
	*vm.Program
	uses []int // indexes into bindings
}

// runner applies the rules to one event at a time. Runners are used again.
type runner struct {
	t      *Transform
	ev     *source.Event
	clock  clock
	vm     vm.VM
	env    map[string]any
	filled uint64   // the bindings in env that are ev's
	values []string // of t.keys, for ev
	asked  []int    // the rules that are asked, by their place
	result Result

	noBar     bool       // its messages have no status bar
	escalated *Escalated // nil: it is no escalation
}

func newRunner(t *Transform) *runner {
	r := &runner{t: t, values: make([]string, len(t.keys.list))}
	r.vm.MemoryBudget = memoryBudget
	r.clock.zone = t.zone
	r.env = map[string]any{
		"hour": r.clock.hour, "weekday": r.clock.weekday, "between": r.clock.between, "now": r.clock.localNow,
	}
	return r
}

func (t *Transform) take(ev *source.Event, now time.Time) *runner {
	r, _ := t.runners.Get().(*runner)
	if r == nil {
		r = newRunner(t)
	}
	r.ev, r.clock.now = ev, now
	for i, k := range t.keys.list {
		r.values[i] = k.value(ev)
	}
	return r
}

// order returns the places of the rules to ask, from the top: all, or those that
// may match.
func (r *runner) order(all bool) []int {
	if all {
		r.asked = r.asked[:0]
		for i := range r.t.rules {
			r.asked = append(r.asked, i)
		}
		return r.asked
	}
	r.asked = r.t.index.of(r.values, r.asked)
	return r.asked
}

// release lets go of the event.
func (t *Transform) release(r *runner) {
	r.ev, r.result, r.noBar, r.escalated = nil, Result{}, false, nil
	for i := range bindings {
		if r.filled&(1<<i) != 0 {
			r.env[bindings[i].name] = nil
		}
	}
	r.filled = 0
	clear(r.values)
	clear(r.vm.Stack[:cap(r.vm.Stack)])
	clear(r.vm.Variables)
	t.runners.Put(r)
}

// eval runs an expression with the names that it uses bound to the event.
func (r *runner) eval(p *program) (any, error) {
	for _, i := range p.uses {
		if r.filled&(1<<i) == 0 {
			r.env[bindings[i].name] = bindings[i].get(r.ev)
			r.filled |= 1 << i
		}
	}
	return r.vm.Run(p.Program, r.env)
}

func (r *runner) fault(rule *rule, field string, err error) {
	r.result.Faults = append(r.result.Faults, Fault{Rule: rule.name, Field: field, Err: plainError(err)})
}
