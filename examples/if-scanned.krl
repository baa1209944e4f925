ruleset com.example.if-scanned {
  meta {
    name "If scanned, tell me"
    shares times
  }
  global {
    times = function() { ent:times.defaultsTo(0) }
  }
  rule scanned {
    select when tag scanned where event:attrs{"by"} != "owner"
    send_directive("noted", {"times": times() + 1})
    always {
      ent:times := times() + 1
      raise journal event "entry_written" attributes {"text": "Somebody scanned the tag", "author": "rule"}
      raise owner event "notify" attributes {"title": "Scanned", "text": "Somebody scanned your boots"}
    }
  }
}
