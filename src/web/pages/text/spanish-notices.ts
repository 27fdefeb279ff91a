import type { Notices } from './english-notices.ts';

export const spanishNotices: Notices = {
  blocked: {
    'no-claim': [
      'Abra primero el enlace de anfitrión',
      'Al arrancar, Latchkey muestra en su terminal un enlace de anfitrión de un solo uso. Abra ese enlace: esta dirección por sí sola no inicia nada.',
    ],
    'claim-unknown': [
      'Este enlace de anfitrión ha caducado',
      'Cada arranque de Latchkey muestra un nuevo enlace de anfitrión. Use el más reciente de su terminal.',
    ],
    'already-claimed': [
      'Este enlace de anfitrión ya se usó',
      'Funciona una vez, en un solo navegador. Si no fue usted, reinicie Latchkey: mostrará un enlace nuevo y la reunión anterior habrá desaparecido.',
    ],
    'link-incomplete': [
      'Este enlace de invitación está incompleto',
      'La parte que sigue al # falta o está dañada. Es la que le abre la reunión: pida al anfitrión que le envíe de nuevo el enlace completo.',
    ],
    'meeting-unknown': [
      'No hay ninguna reunión en este enlace',
      'El servidor no conoce ninguna reunión con este enlace. Tal vez haya terminado. Pida al anfitrión una nueva invitación.',
    ],
    'meeting-changed': [
      'No continúe: la reunión no corresponde a su enlace',
      'El servidor ha enviado datos que no pertenecen a la reunión de su enlace. Avise al anfitrión por un medio distinto de esta página.',
    ],
    'meeting-full': ['La reunión está completa', 'Inténtelo de nuevo cuando alguien haya salido.'],
    'server-unreachable': ['No se puede llegar al servidor', 'Compruebe su conexión e inténtelo de nuevo.'],
    'too-many-requests': ['Demasiados intentos', 'Espere un minuto e inténtelo de nuevo.'],
    unexpected: [
      'Algo ha salido mal',
      'No se ha comunicado nada. Inténtelo de nuevo o recargue esta página.',
    ],
  },
  ended: {
    'you-left': ['Ha salido de la reunión', 'Sus claves de la reunión se han borrado de esta página.'],
    'you-ended': [
      'Ha terminado la reunión',
      'Se ha avisado a todos, se ha soltado cada llamada y las claves se han borrado de esta página.',
    ],
    'host-ended': [
      'El anfitrión ha terminado la reunión',
      'Sus claves de la reunión se han borrado de esta página.',
    ],
    refused: [
      'No se le ha dejado entrar',
      'El navegador del anfitrión ha rechazado esta página. Use el enlace de invitación más reciente o pregunte al anfitrión.',
    ],
    removed: ['Se le ha retirado de la reunión', 'Sus claves de la reunión se han borrado de esta página.'],
    'connection-lost': [
      'Se ha perdido la conexión',
      'Puede que la reunión siga sin usted. Vuelva a entrar cuando esté de nuevo en línea.',
    ],
    'other-tab': [
      'Esta reunión está abierta en otra pestaña',
      'Solo una pestaña puede dirigirla. Esta se ha detenido.',
    ],
  },
  missing: {
    'secure-context': 'una dirección segura: https, o localhost en este equipo',
    webrtc: 'llamadas en el navegador (WebRTC)',
    'frame-encryption': 'cifrado del sonido antes de que salga de la página (encoded transforms)',
    ed25519: 'firmas Ed25519 en Web Crypto',
    storage: 'almacenamiento para este sitio (no disponible en algunas ventanas privadas)',
    workers: 'procesos en segundo plano (workers)',
    microphone: 'acceso a un micrófono',
  },
  problems: {
    'answer-failed': 'Su respuesta no se envió: la solicitud había cambiado o caducado.',
    'revoke-failed': 'La retirada no se envió. Inténtelo de nuevo o termine la reunión para todos.',
    'talk-only-impossible': 'Solo hablar no es posible ahora para este puente. No se ha permitido nada.',
    'ledger-inconsistent': 'El registro de consentimiento del puente se contradice. No se ha permitido nada.',
    'change-failed': 'El cambio no se completó. Inténtelo de nuevo.',
    'take-over-failed': 'No se pudo asumir la reunión. Inténtelo de nuevo o pida ayuda a otro coanfitrión.',
    'pin-failed': 'No se creó ningún PIN nuevo. El actual sigue valiendo. Inténtelo de nuevo en un momento.',
  },
  alarms: {
    'grant-unverified':
      'La lista del anfitrión muestra un puente con clave, pero sin un permiso que esta página haya podido comprobar. Su sonido queda retenido.',
    'unencrypted-track': 'Alguien envía sonido sin cifrar. No se reproduce.',
    'plain-frame-stopped': 'Se detuvo sonido sin cifrar antes de que pasara.',
    'identity-changed':
      'El servidor de la reunión ha cambiado la identidad de esta página. El micrófono se ha detenido.',
    'two-hosts':
      'Dos navegadores afirman dirigir esta reunión. Deténgase y consulte al anfitrión por otro medio.',
    'key-mismatch':
      'Las claves de esta reunión no concuerdan. Puede que alguien esté interfiriendo. Deténgase y empiece de nuevo.',
    'term-conflict':
      'Dos reuniones distintas afirman ser esta. Deténgase y consulte al anfitrión por otro medio.',
    'no-receipt': 'El puente tomó la clave sin un recibo registrado. Se le está excluyendo.',
    'ledger-mismatch': 'El registro de consentimiento del puente se contradice. No le dé la clave.',
    'ledger-fork':
      'El puente muestra un registro de consentimiento distinto del de antes, o del que muestra a otros. No le dé la clave.',
    'bridge-changed':
      'Un puente muestra un nombre conocido con una clave desconocida. Pregunte a su operador por otro medio.',
    'code-mismatch': 'Un puente no pudo mostrar la mitad prometida de su código. No le dé la clave.',
    'certificate-revoked':
      'El operador de un puente lo ha declarado nulo. No recibe ninguna clave; lo que tenía queda bloqueado.',
    'version-mismatch':
      'Alguien aquí habla otra versión del protocolo y queda fuera. Actualice el programa más antiguo de los dos.',
    'bad-signature': 'Ha llegado un mensaje con una firma falsa. Se ignora.',
  },
  history: {
    title: 'Qué ha pasado',
    empty: 'Nada todavía.',
    events: {
      started: () => 'Reunión iniciada, claves creadas',
      'instance-start': () => 'Reunión iniciada, claves creadas',
      joined: () => 'Usted ha entrado',
      left: () => 'Usted ha salido',
      'member-joined': (n) => `${n} ha entrado`,
      'member-left': (n) => `${n} ha salido`,
      'bridge-joined': (n) => `El puente telefónico de ${n} espera`,
      'bridge-left': (n) => `El puente telefónico de ${n} ha salido`,
      'bridge-request': (n) => `${n} ha pedido la clave`,
      granted: (n) => `Se ha permitido a ${n}`,
      denied: (n) => `Se ha rechazado a ${n}`,
      expired: (n) => `La solicitud de ${n} ha caducado`,
      receipt: (n) => `${n} ha confirmado la clave`,
      'receipt-missing': (n) => `${n} no ha confirmado a tiempo`,
      revoked: (n) => `Clave retirada a ${n}`,
      'locked-out': (n) => `${n} ha quedado excluido`,
      'asked-to-rotate': (n) => `${n}: se pidió a las apps cambiar de clave`,
      'callers-admitted': (n) => `Se admitió a otra persona por ${n}`,
      knock: (n) => `${n} llama a la puerta`,
      'member-removed': (n) => `${n} fue expulsado`,
      locked: () => 'Reunión bloqueada',
      unlocked: () => 'Reunión desbloqueada',
      'caller-muted': (n) => `Se silenció a una persona de ${n}`,
      'caller-unmuted': (n) => `Una persona de ${n} puede hablar de nuevo`,
      'caller-ended': (n) => `Se expulsó a una persona de ${n}`,
      removed: () => 'Se le ha retirado de la reunión',
      refused: () => 'El anfitrión no le dejó entrar',
      'no-invite': () => 'La invitación de este enlace no es válida',
      'taken-over': () => 'Otro anfitrión ha tomado el relevo',
      'phone-invited': (n) => `Se pidió a ${n} que llamara a un teléfono`,
      'co-host-decided': (n) => `${n} decidió como coanfitrión`,
      rekeyed: () => 'Nueva clave de reunión',
      'host-lost': () => 'Contacto perdido con el anfitrión',
      'host-back': () => 'El anfitrión ha vuelto',
      ended: () => 'Reunión terminada',
    },
  },
  start: {
    hostTitle: 'Iniciar la reunión',
    hostLead:
      'Las claves se crean en este navegador y no salen de él. Sin clave nadie oye nada, y usted decide quién recibe una.',
    resumeTitle: 'Continuar con su reunión',
    resumeLead:
      'Ya dirigió esta reunión desde este navegador. Al continuar se crean claves nuevas; quienes sigan aquí vuelven a entrar, y un puente telefónico debe pedirlo de nuevo.',
    memberTitle: 'Unirse a la reunión',
    memberLead:
      'El sonido se cifra en este navegador antes de salir de él. El servidor intermedio no puede escuchar.',
    coHostLead:
      'Usted es coanfitrión de esta reunión: decide como el anfitrión y puede asumirla si él desaparece.',
    name: 'Su nombre',
    nameHint: 'Los demás lo ven.',
    nameMissing: 'Escriba un nombre que los demás reconozcan.',
    hostButton: 'Iniciar la reunión',
    resumeButton: 'Continuar',
    memberButton: 'Unirse a la reunión',
    microphoneNote: 'Su navegador le pedirá el micrófono. Puede silenciarlo en cualquier momento.',
    operatorTitle: 'Puente telefónico de este servidor',
    operatorBeside:
      'La clave del operador está en el propio puente: quien tome esa máquina toma también al operador.',
    operatorLead:
      'Solo un puente con una de estas claves podrá pedir entrar por teléfono. Compárelas con lo que le indicó el operador:',
    thumbprint: 'Huella de la clave',
    browsers: 'Requiere un navegador actual: Chrome o Edge 137, Firefox 130, Safari 17.4 o posterior.',
    trust:
      'Esta página viene de quien opera el puente telefónico. Su código tiene acceso a lo que usted dice: use un servidor en el que confíe.',
  },
  coHosts: {
    title: 'Coanfitriones',
    lead: (address) =>
      `Un coanfitrión decide como usted y puede asumir la reunión si usted desaparece. Pídale el código que ${address} muestra en su navegador y añádalo antes de empezar.`,
    code: 'Código de dispositivo de un coanfitrión',
    add: 'Añadir',
    remove: 'Quitar',
    removeCode: (code) => `Quitar al coanfitrión ${code}`,
    invalid: 'Esto no es un código de dispositivo. Tiene 43 letras, cifras, guiones y guiones bajos.',
    known: 'Este código ya está en la lista.',
    hostChange: 'Cuando un coanfitrión asume la reunión',
    askAgain: 'Los puentes piden de nuevo',
    drop: 'Las llamadas terminan',
    pageTitle: 'Su código de coanfitrión',
    pageLead:
      'Envíe este código al anfitrión antes de que empiece la reunión. Después abra el enlace de invitación en este mismo navegador.',
    copy: 'Copiar código',
    pageNote:
      'El código no es secreto. Nombra una clave que se creó en este navegador y no puede salir de él; solo este navegador puede usarla.',
  },
  connecting: {
    microphone: 'Esperando el micrófono: su navegador se lo pide ahora',
    keys: 'Creando claves en este navegador',
    server: 'Conectando con la reunión',
    title: 'Le estamos dando paso',
  },
  unsupported: {
    title: 'Este navegador no puede mantener cifrada la reunión',
    lead: 'Le falta:',
    advice: 'Use una versión actual de Chrome, Edge, Firefox o Safari, por https.',
  },
  evidence: {
    save: 'Guardar el archivo de pruebas',
    lead: 'Sus decisiones firmadas y los recibos del puente, para el verificador. Quien tenga el archivo puede comprobar sin conexión quién pudo oír y cuándo.',
  },
};
