// SPDX-License-Identifier: Apache-2.0
// java Reject.java HOST PORT OWN_ADDRESS: a TLS handshake with Java's own trust, from this address.
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

public class Reject {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[1]);
        try (var plain = new Socket()) {
            plain.bind(new InetSocketAddress(InetAddress.getByName(args[2]), 0));
            plain.connect(new InetSocketAddress("127.0.0.1", port));
            var factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
            var secure = (SSLSocket) factory.createSocket(plain, args[0], port, true);
            var parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
            secure.startHandshake();
            throw new IllegalStateException("accepted");
        } catch (SSLException refused) {
            System.out.println(refused.getMessage());
        }
    }
}
