package transform

import (
	"sort"

	"workbell/message"
	"workbell/source"
)

// fit renders a message of at most d.room bytes. What does not fit is rendered
// again with as many alerts as have room, and what even with one alert does
// not fit is cut (see message.Build). omitted counts the alerts left out.
func (f *family) fit(kind message.Kind, ev *source.Event, d *draft) (out message.Built, omitted int, err error) {
	x, data := f.take(d.now), newData(ev)
	data.escalated = d.escalated
	defer f.pool.Put(x)
	render := func() (message.Built, error) {
		values, whole, err := x.values(kind.Name, data)
		if err != nil {
			return message.Built{}, err
		}
		d.adjust(kind, data, values)
		built, err := message.Build(kind.Name, values, ev.URL, d.room)
		built.Whole = built.Whole && whole
		return built, err
	}
	if out, err = render(); err != nil || out.Whole || len(data.Alerts) < 2 {
		return out, data.Omitted, err
	}
	// The smallest number of alerts left out with which the rest has room; with
	// all but one left out it is taken as it comes.
	last := len(data.Alerts) - 1
	left := 1 + sort.Search(last-1, func(i int) bool {
		if err != nil {
			return true
		}
		data.keep(last - i)
		var built message.Built
		built, err = render()
		return built.Whole
	})
	if err != nil {
		return out, data.Omitted, err
	}
	data.keep(last + 1 - left)
	out, err = render()
	return out, data.Omitted, err
}
