// SPDX-License-Identifier: Apache-2.0
// java -cp JARS Drive.java URI PASSWORD: a few queries; prints the Bolt version.
import org.neo4j.driver.AuthTokens;
import org.neo4j.driver.GraphDatabase;
import org.neo4j.driver.SessionConfig;
import org.neo4j.driver.exceptions.ClientException;

public class Drive {
    public static void main(String[] args) {
        try (var driver = GraphDatabase.driver(args[0], AuthTokens.basic("neo4j", args[1]));
                var session = driver.session(SessionConfig.forDatabase("neo4j"))) {
            var rows = session.run("UNWIND range(1, 2500) AS i RETURN i, datetime() AS t").list();
            if (rows.size() != 2500 || rows.get(2499).get("i").asLong() != 2500) throw new IllegalStateException("rows");
            var node = session.run("CREATE (n:Java {v: 7}) RETURN n").single().get("n").asNode();
            if (node.get("v").asInt() != 7) throw new IllegalStateException("node");
            try (var tx = session.beginTransaction()) {
                tx.run("CREATE (:Java {v: 8})").consume();
                tx.commit();
            }
            try {
                session.run("RETURN missing").consume();
                throw new IllegalStateException("no error");
            } catch (ClientException e) {
                if (!e.code().equals("Neo.ClientError.Statement.SyntaxError")) throw e;
            }
            System.out.println(session.run("RETURN 1").consume().server().protocolVersion());
        }
    }
}
