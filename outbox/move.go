package outbox

// Chunk is a share of a store's content on its way into another engine: rows by
// table, the values as int64, string or []byte, never nil. Times are
// milliseconds since 1970; 0 is none. No attempt is in flight and nothing is
// leased. The tables, with their columns in order:
//
//	events      id first calls received key key_until source kind name status severity title group_key headers faults payload
//	deliveries  id event rule app msgtype repeat on_resolve track state ready priority created due expires ordered group_id content nth rang
//	            updated spent tries task reason parent cause waits escalates resolved acked people body
//	attempts    delivery number began ended outcome code error request task
//	followups   delivery kind app due event step tries
//	receipts    delivery person fate code words at
//	notes       delivery number at note
//	facts       key value until
//	taken       key n until span call
type Chunk map[string][][]any

// Marks are how far a store has counted, by which it can be told whether it has
// changed since.
type Marks struct{ LastEvent, LastDelivery int64 }
