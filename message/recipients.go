package message

import (
	"cmp"
	"slices"
)

// What one call of asyncsend_v2 takes (official page, request body and rate limit).
const (
	// MaxUsers is the most user ids in userid_list.
	MaxUsers = 100
	// MaxDepts is the most department ids in dept_id_list.
	MaxDepts = 20
	// MaxRecipients is the most people that one call of an internal app may
	// reach; beyond it DingTalk answers "ok" and people receive nothing.
	MaxRecipients = 5000
	// UnknownSize is what a department of unknown size, or everyone, counts
	// as: all that one call, and one minute, may reach.
	UnknownSize = MaxRecipients
)

// Dept is a department as a recipient; all people of its sub-departments
// receive the message too.
type Dept struct {
	ID int64 `json:"id"`
	// Size is the number of people in it and below it, as given in rules.yaml;
	// 0 means unknown.
	Size int `json:"size,omitempty"`
}

// Recipients is a set of people: users, departments, mobile numbers that have
// yet to be looked up, or everyone. The zero value is nobody.
type Recipients struct {
	// Users are DingTalk user ids, opaque text of at most 64 bytes.
	Users []string `json:"users,omitempty"`
	Depts []Dept   `json:"depts,omitempty"`
	// Mobiles are telephone numbers, resolved to user ids before a call.
	Mobiles []string `json:"mobiles,omitempty"`
	// Everyone is the whole organisation (to_all_user).
	Everyone bool `json:"everyone,omitempty"`
}

// Empty says whether nobody is meant.
func (r Recipients) Empty() bool {
	return !r.Everyone && len(r.Users) == 0 && len(r.Depts) == 0 && len(r.Mobiles) == 0
}

// Count is how many people r counts as against DingTalk's limits. Everyone and
// a department of unknown size count as UnknownSize.
func (r Recipients) Count() int {
	if r.Everyone {
		return UnknownSize
	}
	n := r.Named()
	for _, d := range r.Depts {
		n += d.count()
	}
	return n
}

func (d Dept) count() int {
	if d.Size <= 0 {
		return UnknownSize
	}
	return d.Size
}

// Union returns the people of r and of o, each once, sorted. Everyone takes in
// all others. Of a department named twice the larger known size is kept.
func (r Recipients) Union(o Recipients) Recipients {
	if r.Everyone || o.Everyone {
		return Recipients{Everyone: true}
	}
	u := Recipients{
		Users:   sorted(r.Users, o.Users),
		Mobiles: sorted(r.Mobiles, o.Mobiles),
		Depts:   slices.Concat(r.Depts, o.Depts),
	}
	slices.SortFunc(u.Depts, func(a, b Dept) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(b.Size, a.Size))
	})
	u.Depts = slices.CompactFunc(u.Depts, func(a, b Dept) bool { return a.ID == b.ID })
	return u
}

// Minus returns the people of r that o does not name. Who is in a department
// is not known here, so a user is only taken away where o names that user or
// everyone.
func (r Recipients) Minus(o Recipients) Recipients {
	if o.Everyone {
		return Recipients{}
	}
	if r.Everyone {
		return r
	}
	in := func(list []string) func(string) bool {
		return func(s string) bool { return slices.Contains(list, s) }
	}
	return Recipients{
		Users:   slices.DeleteFunc(slices.Clone(r.Users), in(o.Users)),
		Mobiles: slices.DeleteFunc(slices.Clone(r.Mobiles), in(o.Mobiles)),
		Depts: slices.DeleteFunc(slices.Clone(r.Depts), func(d Dept) bool {
			return slices.ContainsFunc(o.Depts, func(e Dept) bool { return d.ID == e.ID })
		}),
	}
}

// PerCall is what one call takes. Each number is at least 1.
type PerCall struct {
	Users  int // by name; mobile numbers count, since each becomes a user
	Depts  int
	People int // reached, departments counted by size
}

// Calls of the two APIs that send (official pages asyncsend_v2, sendbytemplate).
var (
	Asyncsend      = PerCall{Users: MaxUsers, Depts: MaxDepts, People: MaxRecipients}
	SendByTemplate = PerCall{Users: 5000, Depts: 500, People: 1000}
)

// Within returns p for at most n people a call; n of 0 or less changes nothing.
func (p PerCall) Within(n int) PerCall {
	if n > 0 {
		p.People = min(p.People, n)
	}
	return p
}

// Calls splits r into the recipients of single calls of asyncsend_v2 that reach
// limit people at most (0 or more than MaxRecipients means MaxRecipients).
func (r Recipients) Calls(limit int) []Recipients { return r.Split(Asyncsend.Within(limit)) }

// Split splits r into the recipients of single calls, each of at most what per
// says. They are the fewest for people by name and, since the largest
// departments are placed first, nearly so for departments: no two of the calls
// could be one. A department with more people than a call takes, or of unknown
// size, gets a call of its own.
func (r Recipients) Split(per PerCall) []Recipients {
	if r.Everyone {
		return []Recipients{{Everyone: true}}
	}
	var calls []Recipients
	place := func(people int, room func(*Recipients) bool) *Recipients {
		for i := range calls {
			if c := &calls[i]; room(c) && c.Count()+people <= per.People {
				return c
			}
		}
		calls = append(calls, Recipients{})
		return &calls[len(calls)-1]
	}
	roomForDept := func(c *Recipients) bool { return len(c.Depts) < per.Depts }
	roomForName := func(c *Recipients) bool { return c.Named() < per.Users }

	depts := slices.Clone(r.Depts) // the largest first, each into the first call with room
	slices.SortStableFunc(depts, func(a, b Dept) int { return cmp.Compare(b.count(), a.count()) })
	for _, d := range depts {
		c := place(d.count(), roomForDept)
		c.Depts = append(c.Depts, d)
	}
	for _, u := range r.Users {
		c := place(1, roomForName)
		c.Users = append(c.Users, u)
	}
	for _, m := range r.Mobiles {
		c := place(1, roomForName)
		c.Mobiles = append(c.Mobiles, m)
	}
	return calls
}

// Named is how many people r names one by one.
func (r Recipients) Named() int { return len(r.Users) + len(r.Mobiles) }

func sorted(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
