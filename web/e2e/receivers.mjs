// Who is told of incidents: a webhook and a mailbox on this host that keep what they get.
import { createServer as http } from 'node:http';
import { createServer as tcp } from 'node:net';

const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

export class Receivers {
  constructor() {
    /** What was posted: path and body. */
    this.hooks = [];
    /** Whole conversations of mails that were taken. */
    this.mails = [];
    this.sockets = new Set();
  }

  async start() {
    this.web = http((request, answer) => {
      let text = '';
      request.on('data', (piece) => {
        text += piece;
      });
      request.on('end', () => {
        this.hooks.push({ path: request.url, body: JSON.parse(text) });
        answer.end('ok');
      });
    });
    this.post = tcp((socket) => this.converse(socket));
    for (const server of [this.web, this.post]) {
      server.on('connection', (socket) => {
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
      });
    }
    this.url = `http://127.0.0.1:${await listening(this.web)}`;
    this.mailPort = await listening(this.post);
  }

  converse(socket) {
    let [rest, mail, inside] = ['', '', false];
    socket.on('error', () => undefined);
    socket.write('220 mailbox\r\n');
    const hear = (line) => {
      mail += `${line}\n`;
      if (inside && line === '.') {
        inside = false;
        this.mails.push(mail);
        mail = '';
      } else if (inside) {
        return;
      } else if (line === 'DATA') {
        inside = true;
        socket.write('354 go on\r\n');
        return;
      }
      socket.write(line.startsWith('QUIT') ? '221 bye\r\n' : '250 fine\r\n');
    };
    socket.on('data', (piece) => {
      rest += piece;
      const lines = rest.split('\r\n');
      rest = lines.pop();
      lines.forEach(hear);
    });
  }

  async stop() {
    for (const server of [this.web, this.post]) server?.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
