// SPDX-License-Identifier: Apache-2.0
//
// What a set of roles may do in one database, compiled once and then immutable and shared.
//
// The rules are plain data on names, so that `cypher` can turn them into token ids when it plans:
// a statement's plan is made for the content of its rules (content_hash() is part of the plan-cache
// key), never for a user.
//
// Semantics (Operations Manual, "Read privileges", "Write privileges"):
//   1. A node is visible when some granted rule matches one of its labels (or all nodes), and no
//      denied rule matches any of its labels (or all nodes). Without labels: only "all" rules
//      match.
//   2. A relationship is visible when its type is, and both end nodes are.
//   3. A property of a visible element is readable by the same rule over (label or type, property);
//      otherwise it reads as null, and does not appear in properties() and keys().
//   4. A missing right to write is Forbidden before any effect.
//   5. The list is closed: what is not granted is denied. Full access (authentication disabled,
//      embedded use, system work) is AccessRules::full().
// Thread-safe: immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "security/privilege.h"

namespace trellis::security {

// A set of names, or all there are, those of the future included.
struct NameSet {
  bool all = false;
  std::vector<std::string> names;  // sorted, distinct
  bool contains(std::string_view name) const;
  bool empty() const { return !all && names.empty(); }
};

// Rights over whole elements: nodes by their labels, relationships by their one type.
struct ElementRule {
  NameSet granted;
  NameSet denied;
  bool allows(std::span<const std::string_view> names) const;
  bool allows(std::string_view name) const { return allows(std::span(&name, 1)); }
  bool allows_everything() const { return granted.all && denied.empty(); }
  bool allows_nothing() const { return granted.empty() || denied.all; }
};

// (label or type, property), each possibly "all".
struct PropertyScope {
  bool all_elements = false;
  bool all_properties = false;
  std::string element;
  std::string property;
  auto operator<=>(const PropertyScope&) const = default;
};
struct PropertyRule {
  std::vector<PropertyScope> granted;  // sorted, distinct
  std::vector<PropertyScope> denied;
  bool allows(std::span<const std::string_view> names, std::string_view property) const;
  bool allows_everything() const;
};

// Everything about the data of one graph.
struct GraphRules {
  ElementRule traverse_nodes, traverse_relationships;
  PropertyRule read_nodes, read_relationships;
  ElementRule create_nodes, create_relationships;
  ElementRule delete_nodes, delete_relationships;
  ElementRule set_label, remove_label;
  PropertyRule set_node_properties, set_relationship_properties;
};

class AccessRules {
 public:
  static std::shared_ptr<const AccessRules> full();
  // database: lower case; database_is_home: GRANTs on HOME GRAPH and HOME DATABASE apply.
  static std::shared_ptr<const AccessRules> compile(std::span<const Privilege> privileges,
                                                    std::string_view database,
                                                    bool database_is_home);

  const GraphRules& graph() const { return graph_; }
  bool can_access() const { return allows(Action::kAccess); }
  // Every node, relationship and property can be read: plans need no filters.
  bool unrestricted_read() const { return unrestricted_read_; }
  // Every write to data is allowed (names still may need NAME MANAGEMENT).
  bool unrestricted_write() const { return unrestricted_write_; }

  bool node_visible(std::span<const std::string_view> labels) const {
    return graph_.traverse_nodes.allows(labels);
  }
  bool relationship_type_visible(std::string_view type) const {
    return graph_.traverse_relationships.allows(type);
  }
  bool node_property_readable(std::span<const std::string_view> labels,
                              std::string_view property) const {
    return graph_.read_nodes.allows(labels, property);
  }
  bool relationship_property_readable(std::string_view type, std::string_view property) const {
    return graph_.read_relationships.allows(std::span(&type, 1), property);
  }

  // Actions on this database and on the DBMS: names, schema, transactions, administration.
  // qualifier: the user, procedure, function or setting that is meant.
  bool allows(Action action, std::string_view qualifier = {}) const;
  bool may_execute_procedure(std::string_view name, bool admin_only) const;
  bool may_execute_function(std::string_view name) const;
  bool may_load() const;

  // Of the content alone, the same in every process: first 64 bits of a SHA-256.
  uint64_t content_hash() const { return content_hash_; }

 private:
  AccessRules() = default;
  GraphRules graph_;
  std::vector<Privilege> administration_;  // not on graphs; scopes that cover the database, or DBMS
  std::string database_;
  bool is_home_ = false;
  bool full_ = false;
  bool unrestricted_read_ = false;
  bool unrestricted_write_ = false;
  uint64_t content_hash_ = 0;
};

}  // namespace trellis::security
