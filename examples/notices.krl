ruleset com.example.notices {
  meta {
    name "Notices about this thing"
    description <<
      Lets somebody who has a channel tell the item what its owner should know: notice:published
      {"kind", "text"}. Outages and recalls are passed on; everything else is refused.
    >>
    shares accepts
  }
  global {
    accepts = function() { ["outage", "recall"] }
  }
  rule refuse {
    select when notice published where not (accepts() >< event:attrs{"kind"})
    send_directive("refused", {"hint": "This item accepts: " + accepts().join(", ")})
  }
  rule pass_on {
    select when notice published where accepts() >< event:attrs{"kind"}
    send_directive("accepted", {"kind": event:attrs{"kind"}})
    always {
      raise journal event "entry_written" attributes {"text": event:attrs{"text"}, "author": "provider"}
      raise owner event "notify" attributes {"title": event:attrs{"kind"}, "text": event:attrs{"text"}}
    }
  }
}
