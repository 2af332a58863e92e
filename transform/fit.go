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
	x := f.take(d.now)
	defer f.release(x)
	data := &x.data
	data.set(ev)
	data.escalated = d.escalated
	render := func(build func(string, message.Values, string, int) (message.Built, error)) (message.Built, error) {
		values, whole, err := x.values(kind.Name, data)
		if err != nil {
			return message.Built{}, err
		}
		d.adjust(kind, data, values)
		built, err := build(kind.Name, values, ev.URL, d.room)
		built.Whole = built.Whole && whole
		return built, err
	}
	if len(data.Alerts) < 2 {
		out, err = render(message.Build)
		return out, data.Omitted, err
	}
	if out, err = render(message.BuildWhole); err != nil || out.Whole {
		return out, data.Omitted, err
	}
	// The smallest number of alerts left out with which the rest has room; with
	// all but one left out it is taken as it comes.
	last, found := len(data.Alerts)-1, 0
	left := 1 + sort.Search(last-1, func(i int) bool {
		if err != nil {
			return true
		}
		data.keep(last - i)
		var built message.Built
		if built, err = render(message.BuildWhole); built.Whole {
			out, found = built, i+1
		}
		return built.Whole
	})
	if err != nil {
		return out, data.Omitted, err
	}
	if data.keep(last + 1 - left); left != found {
		out, err = render(message.Build)
	}
	return out, data.Omitted, err
}
