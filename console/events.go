package console

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"workbell/outbox"
)

// eventsPage is how many events a page names to choose from.
const eventsPage = 20

// eventList are stored events to choose from, newest first, those of which
// nobody was told, too.
type eventList struct {
	Events []outbox.Event
	Text   string    // in title, source or group key
	Before int64     // the page before which this begins; 0: the newest
	Next   int64     // before which the next page begins; 0: there is none
	Back   time.Time // until when it was looked for Text; zero: it was not
}

// events lists the newest events below before (0: all) with text in them, within
// the same bounds as list.
func (c *Console) events(ctx context.Context, text string, before int64) (eventList, error) {
	l := eventList{Text: strings.TrimSpace(text), Before: before}
	f := outbox.EventFilter{Before: before, Limit: eventsPage + 1}
	if l.Text != "" {
		f.Limit = perLook
	}
	looked := 0
	for began := time.Now(); ; f.Before = l.Next {
		page, err := c.Store.Events(ctx, f)
		if err != nil {
			return l, err
		}
		for i := range page {
			if len(l.Events) == eventsPage {
				return l, nil
			}
			l.Next = page[i].ID
			if l.Text != "" {
				l.Back = page[i].Received
			}
			if holds(&page[i], l.Text) {
				l.Events = append(l.Events, page[i])
			}
		}
		if looked += len(page); len(page) < f.Limit {
			l.Next, l.Back = 0, time.Time{}
			return l, nil
		}
		if looked >= c.most || time.Since(began) >= lookFor {
			return l, nil
		}
	}
}

func holds(e *outbox.Event, text string) bool {
	return text == "" || strings.Contains(strings.ToLower(e.Title+"\x00"+e.Source+"\x00"+e.GroupKey), strings.ToLower(text))
}

// Older is the address of the next page for somebody.
func (l eventList) Older(person string) string { return l.address(person, l.Next) }

// Newest is that of the first.
func (l eventList) Newest(person string) string { return l.address(person, 0) }

func (l eventList) address(person string, before int64) string {
	v := url.Values{}
	for key, value := range map[string]string{"person": person, "q": l.Text} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if before != 0 {
		v.Set("before", strconv.FormatInt(before, 10))
	}
	return strings.TrimSuffix("/why?"+v.Encode(), "?")
}
