package outbox

// EventFilter selects events; zero fields do not restrict.
type EventFilter struct {
	Before int64 // ids below this: the next page
	// After are ids above this. Ids ascend with time and leave few out, so that a
	// caller who asks for a Source that is rare, which SQLite has to look for in all
	// of them, can bound what is looked at.
	After  int64
	Source string
	Limit  int // default 50, at most 500
}

// Bounded returns f with the Limit and the Before that its zero fields stand for.
func (f EventFilter) Bounded() EventFilter {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 500)
	if f.Before <= 0 {
		f.Before = 1<<63 - 1
	}
	return f
}
