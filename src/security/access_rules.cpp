// SPDX-License-Identifier: Apache-2.0
#include "security/access_rules.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/macros.h"

namespace trellis::security {
namespace {

template <class T>
void sort_distinct(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void add(ElementRule& rule, Effect effect, const std::optional<std::string>& name) {
  NameSet& set = effect == Effect::kGrant ? rule.granted : rule.denied;
  if (name) {
    set.names.push_back(*name);
  } else {
    set.all = true;
  }
}

void add(PropertyRule& rule, const Privilege& privilege) {
  PropertyScope scope;
  const bool whole_graph = privilege.segment == Segment::kDatabase;
  scope.all_elements = whole_graph || !privilege.qualifier;
  if (!scope.all_elements) scope.element = *privilege.qualifier;
  scope.all_properties = whole_graph || !privilege.resource;
  if (!scope.all_properties) scope.property = *privilege.resource;
  (privilege.effect == Effect::kGrant ? rule.granted : rule.denied).push_back(std::move(scope));
}

void sort(ElementRule& rule) {
  sort_distinct(rule.granted.names);
  sort_distinct(rule.denied.names);
}
void sort(PropertyRule& rule) {
  sort_distinct(rule.granted);
  sort_distinct(rule.denied);
}

bool matches(const PropertyScope& scope, std::span<const std::string_view> names,
             std::string_view property) {
  if (!scope.all_properties && scope.property != property) return false;
  return scope.all_elements || std::find(names.begin(), names.end(), scope.element) != names.end();
}

// One action of a privilege, put into the rules of nodes, of relationships, or of both.
class RuleBuilder {
 public:
  RuleBuilder(GraphRules& rules, const Privilege& privilege) : rules_(rules), p_(privilege) {}

  void apply() {
    if (has(Action::kTraverse) && !denies_one_property_only()) {
      elements(rules_.traverse_nodes, rules_.traverse_relationships);
    }
    if (has(Action::kRead)) properties(rules_.read_nodes, rules_.read_relationships);
    if (has(Action::kCreate)) elements(rules_.create_nodes, rules_.create_relationships);
    if (has(Action::kDelete)) elements(rules_.delete_nodes, rules_.delete_relationships);
    if (has(Action::kSetLabel)) add(rules_.set_label, p_.effect, p_.resource);
    if (has(Action::kRemoveLabel)) add(rules_.remove_label, p_.effect, p_.resource);
    if (has(Action::kSetProperty)) {
      properties(rules_.set_node_properties, rules_.set_relationship_properties);
    }
  }

 private:
  bool has(Action action) const { return includes(p_.action, action); }
  // DENY MATCH {p} takes away the property, not the sight of the element.
  bool denies_one_property_only() const {
    return p_.effect == Effect::kDeny && p_.resource.has_value() && p_.action == Action::kMatch;
  }
  void elements(ElementRule& nodes, ElementRule& relationships) const {
    if (p_.segment != Segment::kRelationships) add(nodes, p_.effect, p_.qualifier);
    if (p_.segment != Segment::kNodes) add(relationships, p_.effect, p_.qualifier);
  }
  void properties(PropertyRule& nodes, PropertyRule& relationships) const {
    if (p_.segment != Segment::kRelationships) add(nodes, p_);
    if (p_.segment != Segment::kNodes) add(relationships, p_);
  }

  GraphRules& rules_;
  const Privilege& p_;
};

template <class F>
void for_each_element_rule(GraphRules& rules, F&& f) {
  f(rules.traverse_nodes), f(rules.traverse_relationships);
  f(rules.create_nodes), f(rules.create_relationships);
  f(rules.delete_nodes), f(rules.delete_relationships);
  f(rules.set_label), f(rules.remove_label);
}
template <class F>
void for_each_property_rule(GraphRules& rules, F&& f) {
  f(rules.read_nodes), f(rules.read_relationships);
  f(rules.set_node_properties), f(rules.set_relationship_properties);
}

// Canonical bytes of a content, hashed.
class ContentHash {
 public:
  ContentHash& text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
    return *this;
  }
  ContentHash& number(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  ContentHash& set(const NameSet& names) {
    number(names.all).number(names.names.size());
    for (const std::string& name : names.names) text(name);
    return *this;
  }
  ContentHash& scopes(const std::vector<PropertyScope>& scopes) {
    number(scopes.size());
    for (const PropertyScope& scope : scopes) {
      number(scope.all_elements).number(scope.all_properties);
      text(scope.element).text(scope.property);
    }
    return *this;
  }
  ContentHash& privilege(const Privilege& p) {
    number(static_cast<uint64_t>(p.effect)).text(traits_of(p.action).stored);
    number(static_cast<uint64_t>(p.segment));
    number(p.qualifier.has_value()).text(p.qualifier.value_or(""));
    number(p.resource.has_value()).text(p.resource.value_or(""));
    return *this;
  }
  uint64_t finish() const {
    unsigned char digest[32];
    TRELLIS_ASSERT(
        EVP_Digest(bytes_.data(), bytes_.size(), digest, nullptr, EVP_sha256(), nullptr) == 1);
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | digest[i];
    return value;
  }

 private:
  std::string bytes_;
};

uint64_t hash_content(GraphRules& graph, std::span<const Privilege> administration) {
  ContentHash hash;
  for_each_element_rule(graph,
                        [&](const ElementRule& rule) { hash.set(rule.granted).set(rule.denied); });
  for_each_property_rule(
      graph, [&](const PropertyRule& rule) { hash.scopes(rule.granted).scopes(rule.denied); });
  hash.number(administration.size());
  for (const Privilege& privilege : administration) hash.privilege(privilege);
  return hash.finish();
}

}  // namespace

bool NameSet::contains(std::string_view name) const {
  return all || std::binary_search(names.begin(), names.end(), name, std::less<>());
}

bool ElementRule::allows(std::span<const std::string_view> names) const {
  if (denied.all) return false;
  bool allowed = granted.all;
  for (const std::string_view name : names) {
    if (denied.contains(name)) return false;
    allowed = allowed || granted.contains(name);
  }
  return allowed;
}

bool PropertyRule::allows(std::span<const std::string_view> names,
                          std::string_view property) const {
  const auto match = [&](const PropertyScope& scope) { return matches(scope, names, property); };
  return std::any_of(granted.begin(), granted.end(), match) &&
         std::none_of(denied.begin(), denied.end(), match);
}

bool PropertyRule::allows_everything() const {
  return denied.empty() && std::any_of(granted.begin(), granted.end(), [](const auto& scope) {
           return scope.all_elements && scope.all_properties;
         });
}

std::shared_ptr<const AccessRules> AccessRules::full() {
  auto rules = std::shared_ptr<AccessRules>(new AccessRules());
  for_each_element_rule(rules->graph_, [](ElementRule& rule) { rule.granted.all = true; });
  PropertyScope everything;
  everything.all_elements = everything.all_properties = true;
  for_each_property_rule(rules->graph_,
                         [&](PropertyRule& rule) { rule.granted.push_back(everything); });
  rules->full_ = rules->unrestricted_read_ = rules->unrestricted_write_ = true;
  rules->content_hash_ = 1;
  return rules;
}

std::shared_ptr<const AccessRules> AccessRules::compile(std::span<const Privilege> privileges,
                                                        std::string_view database,
                                                        bool database_is_home) {
  auto rules = std::shared_ptr<AccessRules>(new AccessRules());
  rules->database_ = database;
  rules->is_home_ = database_is_home;
  GraphRules& graph = rules->graph_;
  for (const Privilege& privilege : privileges) {
    const ActionTarget target = traits_of(privilege.action).target;
    const bool on_graph = target == ActionTarget::kGraph;
    if ((on_graph || target == ActionTarget::kDatabase) &&
        !privilege.scope.covers(database, database_is_home)) {
      continue;
    }
    if (on_graph) {
      RuleBuilder(graph, privilege).apply();
    } else {
      Privilege here = privilege;
      here.scope =
          {};  // it covers this database: the rest does not matter, nor does its mutability
      here.immutable = false;
      rules->administration_.push_back(std::move(here));
    }
  }
  for_each_element_rule(graph, [](ElementRule& rule) { sort(rule); });
  for_each_property_rule(graph, [](PropertyRule& rule) { sort(rule); });
  sort_distinct(rules->administration_);

  rules->unrestricted_read_ = graph.traverse_nodes.allows_everything() &&
                              graph.traverse_relationships.allows_everything() &&
                              graph.read_nodes.allows_everything() &&
                              graph.read_relationships.allows_everything();
  rules->unrestricted_write_ =
      graph.create_nodes.allows_everything() && graph.create_relationships.allows_everything() &&
      graph.delete_nodes.allows_everything() && graph.delete_relationships.allows_everything() &&
      graph.set_label.allows_everything() && graph.remove_label.allows_everything() &&
      graph.set_node_properties.allows_everything() &&
      graph.set_relationship_properties.allows_everything();
  rules->content_hash_ = hash_content(graph, rules->administration_);
  return rules;
}

bool AccessRules::allows(Action action, std::string_view qualifier) const {
  if (full_) return true;
  return is_allowed(administration_, {action, database_, is_home_, qualifier});
}

bool AccessRules::may_execute_procedure(std::string_view name, bool admin_only) const {
  if (full_) return true;
  bool granted = false, boosted = false;
  for (const Privilege& p : administration_) {
    const bool all_dbms = p.action == Action::kAllDbms;
    if (!all_dbms && p.segment != Segment::kProcedures) continue;
    if (p.qualifier && !glob_matches(*p.qualifier, name)) continue;
    const bool execute = includes(p.action, Action::kExecute);
    const bool boost = includes(p.action, Action::kExecuteBoosted);
    if (p.effect == Effect::kDeny) {
      if (execute || (boost && admin_only)) return false;
      continue;
    }
    granted = granted || execute;
    boosted = boosted || boost;
  }
  if (!granted) return false;
  return !admin_only || boosted || allows(Action::kExecuteAdmin);
}

bool AccessRules::may_execute_function(std::string_view name) const {
  if (full_) return true;
  bool granted = false;
  for (const Privilege& p : administration_) {
    if (p.action != Action::kAllDbms && p.segment != Segment::kFunctions) continue;
    if (p.qualifier && !glob_matches(*p.qualifier, name)) continue;
    if (!includes(p.action, Action::kExecute)) continue;
    if (p.effect == Effect::kDeny) return false;
    granted = true;
  }
  return granted;
}

bool AccessRules::may_load() const {
  if (full_) return true;
  bool granted = false;
  for (const Privilege& p : administration_) {
    if (p.action != Action::kLoad || p.segment != Segment::kAllData) continue;
    if (p.effect == Effect::kDeny) return false;
    granted = true;
  }
  return granted;
}

}  // namespace trellis::security
