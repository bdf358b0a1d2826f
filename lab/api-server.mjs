// An API server of Kubernetes, real or simulated, as a bench looks at it: over one kept connection, and by a watch.
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';

export class ApiServer {
  /** By a kubeconfig as lab and simulator write them: one cluster, one user, everything in it. */
  constructor(kubeconfig) {
    const value = (key) => new RegExp(`\\b${key}: *"?([^\\s",}]+)`).exec(kubeconfig)?.[1];
    const bytes = (key) => value(key) && Buffer.from(value(key), 'base64');
    this.url = value('server');
    this.client = this.url.startsWith('https:') ? https : http;
    this.options = {
      agent: new this.client.Agent({ keepAlive: true }),
      ca: bytes('certificate-authority-data'),
      cert: bytes('client-certificate-data'),
      key: bytes('client-key-data'),
      headers: { 'content-type': 'application/json', ...(value('token') ? { authorization: `Bearer ${value('token')}` } : {}) },
    };
  }

  send(method, path, body) {
    return new Promise((resolve, reject) => {
      const request = this.client.request(
        `${this.url}${path}`,
        { ...this.options, method, signal: AbortSignal.timeout(10_000) },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (piece) => {
            text += piece;
          });
          answer.on('error', reject);
          answer.on('end', () => {
            if (answer.statusCode < 300) resolve(JSON.parse(text));
            else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`));
          });
        },
      );
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Tells each change of what is at a path from now on; answers how to end that. */
  async watch(path, tell) {
    const { metadata } = await this.send('GET', path);
    const address = `${this.url}${path}?watch=true&resourceVersion=${metadata.resourceVersion}`;
    return new Promise((resolve, reject) => {
      const request = this.client.request(address, this.options, (answer) => {
        if (answer.statusCode !== 200) return reject(new Error(`watch of ${path}: ${answer.statusCode}`));
        const lines = createInterface(answer);
        lines.on('error', () => undefined); // our own end of it
        lines.on('line', (line) => tell(JSON.parse(line)));
        resolve(() => request.destroy());
      });
      request.on('error', reject);
      request.end();
    });
  }

  close() {
    this.options.agent.destroy();
  }
}
