ruleset pico.tag {
  meta {
    name "Tags"
    description <<
      The QR tags of an item. A tag is a channel whose ECI is the unguessable path on the label.
      Nothing can be raised or asked on it from outside; the engine tells the item of a scan:
      tag:scanned {"by": "owner" or "stranger", "tag"}.
    >>
    shares tags, scans
  }

  global {
    closed = {"allow": [], "deny": []}

    // The tags in use: [{"eci", "label", "made_at"}], oldest first.
    tags = function() {
      ent:tags.defaultsTo({}).values()
    }

    // How often the item was scanned.
    scans = function() {
      ent:scans.defaultsTo(0)
    }
  }

  rule make {
    select when tag wanted
    pre {
      label = event:attrs{"label"}.defaultsTo("").as("String").substr(0, 60)
    }
    if ent:tags.defaultsTo({}).length() < 100 then every {
      ctx:newChannel(["tag"], closed, closed) setting(channel)
      send_directive("tag_made", {"eci": channel{"id"}})
    }
    fired {
      ent:tags{channel{"id"}} := {"eci": channel{"id"}, "label": label, "made_at": event:time}
    } else {
      raise tag event "refused" attributes {"code": "too-many-tags", "hint": "Revoke one of the 100 tags first."}
    }
  }

  rule revoke {
    select when tag revoked
    pre {
      eci = event:attrs{"eci"}
    }
    if ent:tags.defaultsTo({}) >< eci then
      ctx:delChannel(eci)
    fired {
      clear ent:tags{[eci]}
    } else {
      raise tag event "refused" attributes {"code": "unknown-tag", "hint": "This item has no such tag (any more)."}
    }
  }

  rule refuse {
    select when tag refused
    send_directive("refused", event:attrs)
  }

  rule count {
    select when tag scanned
    always {
      ent:scans := ent:scans.defaultsTo(0) + 1
    }
  }
}
