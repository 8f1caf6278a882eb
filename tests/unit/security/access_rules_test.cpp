// SPDX-License-Identifier: Apache-2.0
#include "security/access_rules.h"

#include <doctest/doctest.h>

using namespace trellis::security;
using Names = std::vector<std::string_view>;

namespace {
Privilege make(Effect effect, Action action, Segment segment = Segment::kDatabase,
               std::optional<std::string> qualifier = {},
               std::optional<std::string> resource = {}) {
  Privilege privilege;
  privilege.effect = effect;
  privilege.action = action;
  privilege.segment = segment;
  privilege.qualifier = std::move(qualifier);
  privilege.resource = std::move(resource);
  return privilege;
}
Privilege on(Privilege privilege, std::string database) {
  privilege.scope = {GraphScopeKind::kNamed, std::move(database)};
  return privilege;
}
std::vector<Privilege> role(std::string_view name) {
  for (BuiltInRole& built_in : built_in_roles()) {
    if (built_in.name == name) return built_in.privileges;
  }
  return {};
}
constexpr Effect G = Effect::kGrant, D = Effect::kDeny;
}  // namespace

TEST_CASE("nothing granted is denied") {
  const auto rules = AccessRules::compile({}, "neo4j", true);
  CHECK_FALSE(rules->can_access());
  CHECK_FALSE(rules->unrestricted_read());
  CHECK_FALSE(rules->node_visible(Names{"A"}));
  CHECK_FALSE(rules->node_visible(Names{}));
  CHECK_FALSE(rules->allows(Action::kCreateUser));
  CHECK_FALSE(rules->may_execute_procedure("db.ping", false));
}

TEST_CASE("built-in roles") {
  const auto reader = AccessRules::compile(role("reader"), "any", false);
  CHECK(reader->can_access());
  CHECK(reader->unrestricted_read());
  CHECK_FALSE(reader->unrestricted_write());
  CHECK_FALSE(reader->allows(Action::kCreateLabel));
  CHECK(reader->allows(Action::kShowIndex));
  CHECK_FALSE(reader->allows(Action::kCreateIndex));

  const auto editor = AccessRules::compile(role("editor"), "any", false);
  CHECK(editor->unrestricted_write());
  CHECK_FALSE(editor->allows(Action::kCreateLabel));
  const auto publisher = AccessRules::compile(role("publisher"), "any", false);
  CHECK(publisher->allows(Action::kCreateLabel));
  CHECK_FALSE(publisher->allows(Action::kDropConstraint));
  const auto admin = AccessRules::compile(role("admin"), "any", false);
  for (const Action action : {Action::kCreateUser, Action::kDropAlias, Action::kStopDatabase,
                              Action::kAssignPrivilege, Action::kDropConstraint}) {
    CHECK(admin->allows(action));
  }
  CHECK(admin->allows(Action::kImpersonate, "ann"));
  CHECK(admin->allows(Action::kTerminateTransaction, "ann"));
  CHECK(admin->may_execute_procedure("dbms.killConnection", true));

  const auto home = AccessRules::compile(role("PUBLIC"), "neo4j", true);
  CHECK(home->can_access());
  CHECK(home->may_execute_procedure("db.labels", false));
  CHECK_FALSE(home->may_execute_procedure("dbms.killConnection", true));
  CHECK_FALSE(AccessRules::compile(role("PUBLIC"), "other", false)->can_access());
  CHECK(role("reader").size() == 5);
  CHECK(role("editor").size() == 6);
  CHECK(role("publisher").size() == 7);
  CHECK(role("architect").size() == 9);
  CHECK(role("admin").size() == 14);
}

TEST_CASE("a denied label hides every node that has it") {
  const std::vector<Privilege> privileges = {make(G, Action::kMatch, Segment::kNodes),
                                             make(D, Action::kTraverse, Segment::kNodes, "Secret")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  CHECK_FALSE(rules->unrestricted_read());
  CHECK(rules->node_visible(Names{"A"}));
  CHECK(rules->node_visible(Names{}));
  CHECK_FALSE(rules->node_visible(Names{"A", "Secret"}));
  CHECK_FALSE(rules->relationship_type_visible("R"));
}

TEST_CASE("a granted label shows nodes that have it, and no node without labels") {
  const std::vector<Privilege> privileges = {make(G, Action::kTraverse, Segment::kNodes, "A")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  CHECK(rules->node_visible(Names{"A", "B"}));
  CHECK_FALSE(rules->node_visible(Names{"B"}));
  CHECK_FALSE(rules->node_visible(Names{}));
  CHECK_FALSE(rules->node_property_readable(Names{"A"}, "p"));
}

TEST_CASE("properties are granted and denied by element and by name") {
  const std::vector<Privilege> privileges = {
      make(G, Action::kMatch, Segment::kNodes),
      make(D, Action::kRead, Segment::kNodes, "Person", "ssn"),
      make(D, Action::kMatch, Segment::kNodes, std::nullopt, "password"),
      make(G, Action::kMatch, Segment::kRelationships, "KNOWS", "since")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  CHECK(rules->node_property_readable(Names{"Person"}, "name"));
  CHECK_FALSE(rules->node_property_readable(Names{"X", "Person"}, "ssn"));
  CHECK(rules->node_property_readable(Names{"X"}, "ssn"));
  CHECK_FALSE(rules->node_property_readable(Names{}, "password"));
  CHECK(rules->node_visible(Names{"Person"}));  // DENY MATCH {p} does not hide the node
  CHECK(rules->relationship_type_visible("KNOWS"));
  CHECK(rules->relationship_property_readable("KNOWS", "since"));
  CHECK_FALSE(rules->relationship_property_readable("KNOWS", "until"));
  CHECK_FALSE(rules->relationship_type_visible("LIKES"));
}

TEST_CASE("DENY MATCH {*} hides the element") {
  const std::vector<Privilege> privileges = {make(G, Action::kAllGraph),
                                             make(D, Action::kMatch, Segment::kNodes, "A")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  CHECK_FALSE(rules->node_visible(Names{"A"}));
  CHECK(rules->node_visible(Names{"B"}));
  CHECK(rules->unrestricted_write());
}

TEST_CASE("write rights") {
  const std::vector<Privilege> privileges = {
      make(G, Action::kWrite), make(D, Action::kDelete, Segment::kRelationships, "R"),
      make(D, Action::kSetLabel, Segment::kDatabase, std::nullopt, "Admin"),
      make(D, Action::kSetProperty, Segment::kNodes, "A", "p")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  const GraphRules& graph = rules->graph();
  CHECK(graph.create_nodes.allows_everything());
  CHECK(graph.delete_nodes.allows("A"));
  CHECK_FALSE(graph.delete_relationships.allows("R"));
  CHECK(graph.delete_relationships.allows("S"));
  CHECK_FALSE(graph.set_label.allows("Admin"));
  CHECK(graph.set_label.allows("A"));
  CHECK(graph.remove_label.allows("Admin"));
  CHECK_FALSE(graph.set_node_properties.allows(Names{"A"}, "p"));
  CHECK(graph.set_node_properties.allows(Names{"A"}, "q"));
  CHECK_FALSE(rules->unrestricted_write());
  CHECK_FALSE(rules->node_visible(Names{"A"}));
}

TEST_CASE("MERGE includes matching, creating and setting properties") {
  const std::vector<Privilege> privileges = {make(G, Action::kMerge, Segment::kNodes, "A", "p")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  CHECK(rules->node_visible(Names{"A"}));
  CHECK(rules->node_property_readable(Names{"A"}, "p"));
  CHECK(rules->graph().create_nodes.allows("A"));
  CHECK(rules->graph().set_node_properties.allows(Names{"A"}, "p"));
  CHECK_FALSE(rules->graph().set_node_properties.allows(Names{"A"}, "q"));
  CHECK_FALSE(rules->graph().delete_nodes.allows("A"));
}

TEST_CASE("scopes: named, home, all") {
  Privilege home = make(G, Action::kAccess);
  home.scope.kind = GraphScopeKind::kHome;
  const std::vector<Privilege> privileges = {on(make(G, Action::kAccess), "db1"), home,
                                             on(make(D, Action::kAccess), "db2")};
  CHECK(AccessRules::compile(privileges, "db1", false)->can_access());
  CHECK_FALSE(AccessRules::compile(privileges, "db3", false)->can_access());
  CHECK(AccessRules::compile(privileges, "db3", true)->can_access());
  CHECK_FALSE(AccessRules::compile(privileges, "db2", true)->can_access());
}

TEST_CASE("DENY of a part beats GRANT of the whole, and the other way round") {
  const std::vector<Privilege> part = {make(G, Action::kAllDbms), make(D, Action::kDropUser)};
  CHECK(is_allowed(part, {Action::kCreateUser}));
  CHECK_FALSE(is_allowed(part, {Action::kDropUser}));
  const std::vector<Privilege> whole = {make(G, Action::kDropUser),
                                        make(D, Action::kUserManagement)};
  CHECK_FALSE(is_allowed(whole, {Action::kDropUser}));
  CHECK(is_allowed(std::vector{make(G, Action::kAlterUser)}, {Action::kSetPasswords}));
  CHECK_FALSE(is_allowed(std::vector{make(G, Action::kSetPasswords)}, {Action::kAlterUser}));
}

TEST_CASE("qualifiers: users by name, procedures by glob") {
  const std::vector<Privilege> privileges = {
      make(G, Action::kImpersonate, Segment::kUsers, "ann"),
      make(G, Action::kExecute, Segment::kProcedures, "db.*"),
      make(D, Action::kExecute, Segment::kProcedures, "db.schema.?isual*"),
      make(G, Action::kExecute, Segment::kFunctions, "math.*"),
      make(G, Action::kExecuteBoosted, Segment::kProcedures, "db.admin")};
  const auto rules = AccessRules::compile(privileges, "neo4j", false);
  CHECK(rules->allows(Action::kImpersonate, "ann"));
  CHECK_FALSE(rules->allows(Action::kImpersonate, "bob"));
  CHECK(rules->may_execute_procedure("db.labels", false));
  CHECK_FALSE(rules->may_execute_procedure("db.labels", true));
  CHECK(rules->may_execute_procedure("db.admin", true));
  CHECK_FALSE(rules->may_execute_procedure("db.schema.visualization", false));
  CHECK_FALSE(rules->may_execute_procedure("dbms.info", false));
  CHECK(rules->may_execute_function("math.pow"));
  CHECK_FALSE(rules->may_execute_function("db.labels"));
}

TEST_CASE("the content hash depends on the content, not on order, scope or database") {
  const Privilege a = on(make(G, Action::kMatch, Segment::kNodes, "A"), "db1");
  const Privilege b = make(G, Action::kAccess);
  const auto one = AccessRules::compile(std::vector{a, b}, "db1", false);
  const auto two = AccessRules::compile(std::vector{b, a, a}, "db1", true);
  CHECK(one->content_hash() == two->content_hash());
  CHECK(one->content_hash() !=
        AccessRules::compile(std::vector{a, b}, "db2", false)->content_hash());
  CHECK(one->content_hash() !=
        AccessRules::compile(std::vector{b, make(D, Action::kMatch, Segment::kNodes, "A")}, "db1",
                             false)
            ->content_hash());
}

TEST_CASE("full access needs no grant") {
  const auto rules = AccessRules::full();
  CHECK(rules->can_access());
  CHECK(rules->unrestricted_read());
  CHECK(rules->unrestricted_write());
  CHECK(rules->node_visible(Names{}));
  CHECK(rules->may_execute_procedure("x", true));
}

TEST_CASE("globs") {
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("a*c", "abbc"));
  CHECK(glob_matches("a?c*", "abc"));
  CHECK_FALSE(glob_matches("a?c", "ac"));
  CHECK(glob_matches("*b*b", "abab"));
  CHECK_FALSE(glob_matches("", "a"));
}

TEST_CASE("privileges as columns and as commands") {
  const Privilege match = make(G, Action::kMatch, Segment::kNodes);
  CHECK(access_column(match) == "GRANTED");
  CHECK(resource_column(match) == "all_properties");
  CHECK(graph_column(match) == "*");
  CHECK(segment_column(match) == "NODE(*)");
  CHECK(command_text(match, "`reader`", false) == "GRANT MATCH {*} ON GRAPH * NODE * TO `reader`");
  const Privilege read = on(make(D, Action::kRead, Segment::kNodes, "A`B", "p"), "db1");
  CHECK(command_text(read, "$role", false) ==
        "DENY READ {`p`} ON GRAPH `db1` NODE `A``B` TO $role");
  CHECK(command_text(read, "`r`", true) ==
        "REVOKE DENY READ {`p`} ON GRAPH `db1` NODE `A``B` FROM `r`");
  CHECK(command_text(make(G, Action::kAllDbms), "`admin`", false) ==
        "GRANT ALL DBMS PRIVILEGES ON DBMS TO `admin`");
  CHECK(command_text(make(G, Action::kExecute, Segment::kProcedures), "`PUBLIC`", false) ==
        "GRANT EXECUTE PROCEDURE * ON DBMS TO `PUBLIC`");
  CHECK(command_text(make(G, Action::kLoad, Segment::kAllData), "`PUBLIC`", false) ==
        "GRANT LOAD ON ALL DATA TO `PUBLIC`");
  CHECK(command_text(make(G, Action::kTransactionManagement, Segment::kUsers), "`admin`", false) ==
        "GRANT TRANSACTION MANAGEMENT (*) ON DATABASE * TO `admin`");
}
